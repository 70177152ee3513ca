using System.Runtime.CompilerServices;
using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Strings;

// Data plane. What string and bitmap commands have in common: the check of the type, reading, and changes of a value that keep the key's expiry.
// Each change goes through the database, which counts it. The encodings that a change leaves behind are Redis's (OBJECT ENCODING).

/// <summary>Reads and edits strings in a <see cref="Database"/>.</summary>
internal static unsafe class StringEdit
{
    /// <summary>Entries hold strings up to this size whatever proto-max-bulk-len says: spans count in 32 bits.</summary>
    private const long LengthMax = int.MaxValue - 64;

    /// <summary>Whether the entry holds a string; replies WRONGTYPE if not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool CheckType(ref CommandContext context, EntryRef entry)
    {
        if (entry.Type == ValueType.String)
            return true;
        context.Reply.Error(Errors.WrongType);
        return false;
    }

    /// <summary>The value as text: a view of the entry or of <paramref name="scratch"/> (<see cref="NumberText.Int64CharsMax"/> bytes).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Read(EntryRef entry, Span<byte> scratch) => StringEntry.Read(entry.Block, scratch);

    /// <summary>The bytes of a value, or of no value (length 0), for commands that hold several at once.</summary>
    /// <param name="entry">A string, or none.</param>
    /// <param name="scratch"><see cref="NumberText.Int64CharsMax"/> bytes that outlive the use of the result.</param>
    /// <param name="length">Bytes.</param>
    public static byte* Pin(EntryRef entry, byte* scratch, out int length)
    {
        length = 0;
        if (entry.IsNull)
            return scratch;
        if (StringEntry.TryGetInteger(entry.Block, out long integer))
        {
            length = NumberText.Format(scratch, integer);
            return scratch;
        }
        byte* bytes = StringEntry.Bytes(entry.Block, out long count);
        length = (int)count;
        return bytes;
    }

    /// <summary>Writes the value as a bulk string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reply(ref CommandContext context, EntryRef entry)
    {
        Span<byte> scratch = stackalloc byte[NumberText.Int64CharsMax];
        context.Reply.BulkString(Read(entry, scratch));
    }

    /// <summary>Whether a value of <paramref name="length"/> bytes is allowed; replies the error if not.</summary>
    public static bool CheckLength(ref CommandContext context, long length)
    {
        if ((ulong)length <= (ulong)Limit(ref context))
            return true;
        context.Reply.Error(Errors.StringTooLong);
        return false;
    }

    /// <summary>Bytes of the longest value: proto-max-bulk-len; of a file nothing is refused that was executed when that was higher.</summary>
    public static long Limit(ref CommandContext context) =>
        context.Partition.KeepsExpired ? LengthMax : Math.Min(context.Partition.Options.ProtoMaxBulkLen, LengthMax);

    /// <summary>The value as an integer, if its text is one.</summary>
    public static bool TryReadInteger(EntryRef entry, out long value)
    {
        if (StringEntry.TryGetInteger(entry.Block, out value))
            return true;
        byte* bytes = StringEntry.Bytes(entry.Block, out long length);
        return length <= NumberText.Int64CharsMax && NumberText.TryParseInt64(new ReadOnlySpan<byte>(bytes, (int)length), out value);
    }

    /// <summary>Sets the value to an integer ("int"); the expiry stays.</summary>
    public static void PutInteger(Database database, in Key key, EntryRef existing, long value)
    {
        if (existing.IsNull)
            database.Insert(key, new EntryRef(StringEntry.CreateInteger(database.Heap, key.Span, value, -1, FreshClock(database))));
        else
            database.Replace(key, existing, new EntryRef(StringEntry.SetInteger(database.Heap, existing.Block, value)));
    }

    /// <summary>Sets the value to a text that stays one even if it reads as an integer ("embstr", or "raw" if long); the expiry stays.</summary>
    public static void PutText(Database database, in Key key, EntryRef existing, ReadOnlySpan<byte> text)
    {
        var entry = PutRawEntry(database, key, existing, text);
        if (text.Length <= StringEntry.EmbeddedBytesMax)
            entry.SetType(ValueType.String, ValueEncoding.EmbeddedString);
        Link(database, key, existing, entry);
    }

    /// <summary>Appends; the value becomes "raw", or for a new key what SET would make of it.</summary>
    public static void Append(Database database, in Key key, EntryRef existing, ReadOnlySpan<byte> suffix)
    {
        if (existing.IsNull)
            database.SetString(key, existing, suffix);
        else
            database.Replace(key, existing, new EntryRef(StringEntry.Append(database.Heap, existing.Block, suffix)));
    }

    /// <summary>Makes the value "raw" and at least <paramref name="length"/> bytes long, added ones 0, creating the key if need be.</summary>
    /// <returns>Its bytes, for writing (<see cref="BeforeWrite"/>); valid until the next change in the partition.</returns>
    public static byte* Extend(Database database, in Key key, EntryRef existing, long length, out long resultLength)
    {
        byte* bytes = Prepare(database, key, existing, length, out resultLength, out bool isChanged);
        if (!isChanged)
            database.NoteChanged(key);
        return bytes;
    }

    /// <summary>
    /// As <see cref="Extend"/>, for a writer that may leave all bytes as they are: where the value itself is as it was, the database is not told.
    /// </summary>
    public static byte* Prepare(Database database, in Key key, EntryRef existing, long length, out long resultLength, out bool isChanged)
    {
        isChanged = existing.IsNull || StringEntry.Length(existing.Block) < length;
        byte* entry = existing.IsNull
            ? StringEntry.CreateZeroed(database.Heap, key.Span, length, -1, FreshClock(database))
            : StringEntry.EnsureLength(database.Heap, existing.Block, length);
        if (isChanged)
            Link(database, key, existing, new EntryRef(entry));
        else
            database.Relink(key, existing, new EntryRef(entry));
        return StringEntry.Bytes(entry, out resultLength);
    }

    /// <summary>Some of the bytes that <see cref="Extend"/> or <see cref="Prepare"/> gave are about to be overwritten: a snapshot may have yet to write them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BeforeWrite(Database database, byte* bytes, long offset, long count)
    {
        if (database.Heap.Keeper is { } keeper)
            keeper.BeforeWrite(bytes, offset, count);
    }

    /// <summary>An expiry for <see cref="Database.SetString(in Key, EntryRef, ReadOnlySpan{byte}, long)"/> that keeps what the entry has.</summary>
    public static long ExpiryOf(EntryRef entry) => !entry.IsNull && entry.HasExpiry ? entry.ExpiryMs : 0;

    private static EntryRef PutRawEntry(Database database, in Key key, EntryRef existing, ReadOnlySpan<byte> text)
    {
        if (existing.IsNull)
            return new EntryRef(StringEntry.CreateRaw(database.Heap, key.Span, text, -1, FreshClock(database)));
        var entry = new EntryRef(StringEntry.CreateRaw(database.Heap, key.Span, text, existing.ExpiryMs, existing.AccessClock));
        StringEntry.Free(database.Heap, existing.Block);
        return entry;
    }

    private static void Link(Database database, in Key key, EntryRef existing, EntryRef entry)
    {
        if (existing.IsNull)
            database.Insert(key, entry);
        else
            database.Replace(key, existing, entry);
    }

    private static uint FreshClock(Database database) => database.Partition.NewAccessBits;
}
