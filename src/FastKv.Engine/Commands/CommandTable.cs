using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace FastKv.Engine.Commands;

// The lookup is data plane, the rest control plane. The other half, the data, is written by FastKv.CommandGenerator from the attributes
// on the handlers; nothing about a command stands anywhere else.

/// <summary>All commands, subcommands and containers, and how to find them by name.</summary>
internal static unsafe partial class CommandTable
{
    private const ulong FoldAll = 0xDFDFDFDFDFDFDFDF;
    private const int LongestName = 24;
    private const int RowInts = 14, SpecRowInts = 10;

    private static readonly KeySpec[] s_noSpecs = [];

    /// <summary>Sorted by name; the index is <see cref="CommandDescriptor.Id"/>.</summary>
    public static readonly CommandDescriptor[] All = Build();

    private static CommandDocs[]? s_docs;

    /// <summary>
    /// The command or container called <paramref name="name"/>, ignoring the case of ASCII letters; null: none. O(1), about 3 ns: one multiplication
    /// finds the only slot that can hold the name (see PerfectHash in the generator), and whole words are compared.
    /// </summary>
    public static CommandDescriptor? Find(byte* name, int length)
    {
        if ((uint)(length - 1) >= LongestName)
            return null;
        if (length > 8)
            return FindLong(name, length);
        ulong word = length == 8 ? Unsafe.ReadUnaligned<ulong>(name) : ReadShort(name, length);
        ref ulong slot = ref SlotOf(word & FoldAll, length, stride: 3);
        return (word & Unsafe.Add(ref slot, 1)) == slot ? At(Unsafe.Add(ref slot, 2)) : null;
    }

    /// <summary>As <see cref="Find(byte*, int)"/>, for callers with a span.</summary>
    public static CommandDescriptor? Find(ReadOnlySpan<byte> name)
    {
        fixed (byte* bytes = name)
            return Find(bytes, name.Length);
    }

    /// <summary>The subcommand <paramref name="name"/> of <paramref name="parent"/>, ignoring ASCII case; null: none. O(subcommands).</summary>
    public static CommandDescriptor? FindSubcommand(CommandDescriptor parent, ReadOnlySpan<byte> name)
    {
        int prefix = parent.Name.Length + 1;
        foreach (var subcommand in parent.Subcommands)
        {
            if (subcommand.Name.Length - prefix == name.Length && Ascii.EqualsIgnoreCase(name, subcommand.Name.AsSpan(prefix)))
                return subcommand;
        }
        return null;
    }

    /// <summary>A command by the name that COMMAND shows: <c>get</c>, <c>client|list</c>; null: none.</summary>
    public static CommandDescriptor? FindByFullName(ReadOnlySpan<byte> name)
    {
        int bar = name.IndexOf((byte)'|');
        if (bar < 0)
            return Find(name);
        return Find(name[..bar]) is { } parent ? FindSubcommand(parent, name[(bar + 1)..]) : null;
    }

    /// <summary>As <see cref="FindByFullName(ReadOnlySpan{byte})"/>.</summary>
    public static CommandDescriptor? FindByFullName(string name) => FindByFullName(Encoding.UTF8.GetBytes(name));

    /// <summary>The documentation of a command. All of it is read at the first call; thread-safe.</summary>
    internal static CommandDocs DocsOf(int id) => (Volatile.Read(ref s_docs) ?? LoadDocs())[id];

    private static CommandDescriptor? FindLong(byte* name, int length)
    {
        ulong head = Unsafe.ReadUnaligned<ulong>(name);
        ulong tail = Unsafe.ReadUnaligned<ulong>(name + length - 8);
        ulong hash = (head & FoldAll) ^ BitOperations.RotateLeft(tail & FoldAll, 23);
        ref ulong slot = ref SlotOf(hash, length, stride: length <= 16 ? 5 : 7);
        if ((head & Unsafe.Add(ref slot, 1)) != slot || (tail & Unsafe.Add(ref slot, 3)) != Unsafe.Add(ref slot, 2))
            return null;
        if (length <= 16)
            return At(Unsafe.Add(ref slot, 4));
        ulong middle = Unsafe.ReadUnaligned<ulong>(name + 8);
        return (middle & Unsafe.Add(ref slot, 5)) == Unsafe.Add(ref slot, 4) ? At(Unsafe.Add(ref slot, 6)) : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ulong SlotOf(ulong hash, int length, int stride)
    {
        ref ulong row = ref Unsafe.Add(ref MemoryMarshal.GetReference(LengthRows), length * 2);
        ulong place = Unsafe.Add(ref row, 1);
        nuint slot = (nuint)((hash * row) >> (int)(place & 63));
        return ref Unsafe.Add(ref MemoryMarshal.GetReference(Slots), (nuint)(place >> 8) + slot * (uint)stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static CommandDescriptor At(ulong id) => All[(int)id];

    /// <summary>1 to 7 bytes as a word, reading no byte beyond them: they may be the last of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ReadShort(byte* name, int length)
    {
        if (length >= 4)
        {
            ulong low = Unsafe.ReadUnaligned<uint>(name);
            ulong high = Unsafe.ReadUnaligned<uint>(name + length - 4);
            return low | (high << ((length - 4) * 8));
        }
        int middle = length >> 1, last = length - 1;
        return name[0] | ((ulong)name[middle] << (middle * 8)) | ((ulong)name[last] << (last * 8));
    }

    /// <remarks>
    /// Runs once, on the way to the first PONG, before anything is optimised: plain pointers and loops, since every span or string helper used here
    /// would be compiled first (measured: 7 ms with them, for 366 commands).
    /// </remarks>
    private static CommandDescriptor[] Build()
    {
        var all = new CommandDescriptor[CommandCount];
        string[] specTexts = SpecTexts();
        fixed (int* rows = Rows)
        fixed (int* specRows = SpecRows)
        fixed (char* names = Names)
        {
            int* row = rows;
            int* spec = specRows;
            char* name = names;
            for (int id = 0; id < all.Length; id++)
            {
                int specCount = row[10];
                all[id] = new CommandDescriptor
                {
                    Id = id,
                    Name = new string(name, 0, row[12]),
                    Arity = row[0],
                    Flags = (CommandFlags)row[1],
                    Route = (CommandRoute)row[2],
                    Merge = (PartMerge)row[3],
                    FirstKey = row[4],
                    LastKey = row[5],
                    KeyStep = row[6],
                    KeysBySpec = row[7] != 0,
                    Group = (CommandGroup)row[8],
                    Categories = (AclCategories)row[9],
                    KeySpecs = specCount == 0 ? s_noSpecs : ReadKeySpecs(spec, specCount, specTexts),
                    Parent = row[11] >= 0 ? all[row[11]] : null,
                    IsConstantTime = row[13] != 0,
                };
                for (int i = 0; i < specCount; i++)
                    all[id].HasKeyPatterns |= all[id].KeySpecs[i].IsUnknown;
                name += row[12];
                row += RowInts;
                spec += specCount * SpecRowInts;
            }
        }
        LinkSubcommands(all);
        SetHandlers(all);
        SetKeyFinders(all);
        return all;
    }

    private static KeySpec[] ReadKeySpecs(int* row, int count, string[] texts)
    {
        var specs = new KeySpec[count];
        for (int i = 0; i < count; i++)
        {
            specs[i] = new KeySpec((KeyAccess)row[0], row[1], texts[row[8]], row[2], row[3], row[4], row[5], row[6], row[7], texts[row[9]]);
            row += SpecRowInts;
        }
        return specs;
    }

    /// <summary>A parent's name sorts before its subcommands', and these stand in one run.</summary>
    private static void LinkSubcommands(CommandDescriptor[] all)
    {
        for (int i = 0; i < all.Length; i++)
        {
            var parent = all[i].Parent;
            if (parent is null)
                continue;
            int end = i + 1;
            while (end < all.Length && all[end].Parent == parent)
                end++;
            parent.Subcommands = new CommandDescriptor[end - i];
            for (int j = i; j < end; j++)
                parent.Subcommands[j - i] = all[j];
            i = end - 1;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CommandDocs[] LoadDocs()
    {
        var texts = DocTexts.All.Split('\u001D');
        var docs = new CommandDocs[CommandCount];
        for (int id = 0; id < docs.Length; id++)
            docs[id] = new CommandDocs(texts[id].Split('\u001F'));
        Volatile.Write(ref s_docs, docs);
        return docs;
    }
}
