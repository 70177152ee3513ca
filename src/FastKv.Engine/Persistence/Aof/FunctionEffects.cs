using System.Text;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Aof;

// Control plane. What a redis-server has written of its function libraries into an AOF. They are not run here, but kept as code, so that they are in the next
// base or snapshot: the name of a library, by which it is replaced and deleted, stands in the first line of its code (#!lua name=mylib).

/// <summary>Follows the <c>FUNCTION</c> commands of a file.</summary>
internal static unsafe class FunctionEffects
{
    /// <summary>Whether a command is one that changes libraries.</summary>
    public static bool IsEffect(Argument* arguments, int count) => Is(arguments[0], "FUNCTION"u8) && KindOf(arguments, count) != Kind.None;

    /// <summary>Does what a command says. O(libraries + bytes).</summary>
    /// <param name="libraries">The code of the libraries that there are.</param>
    /// <param name="arguments">A command that <see cref="IsEffect"/>.</param>
    /// <param name="count">Number of its arguments.</param>
    /// <returns>False: that cannot be, so nothing was done: a redis-server would reply an error, and go on.</returns>
    public static bool TryApply(List<byte[]> libraries, Argument* arguments, int count)
    {
        switch (KindOf(arguments, count))
        {
            case Kind.Load:
                return TryAdd(libraries, [arguments[count - 1].Span.ToArray()], replaces: count > 3);
            case Kind.Delete:
                string name = Encoding.Latin1.GetString(arguments[2].Span);
                return libraries.RemoveAll(library => NameOf(library) == name) > 0;
            case Kind.Flush:
                libraries.Clear();
                return true;
            default:
                return TryRestore(libraries, arguments, count);
        }
    }

    private enum Kind
    {
        None,
        Load,
        Delete,
        Flush,
        Restore,
    }

    private static Kind KindOf(Argument* arguments, int count)
    {
        if (count < 2)
            return Kind.None;
        if (Is(arguments[1], "LOAD"u8) && (count == 3 || (count == 4 && Is(arguments[2], "REPLACE"u8))))
            return Kind.Load;
        if (Is(arguments[1], "DELETE"u8) && count == 3)
            return Kind.Delete;
        if (Is(arguments[1], "FLUSH"u8) && count is 2 or 3)
            return Kind.Flush;
        return Is(arguments[1], "RESTORE"u8) && count is 3 or 4 ? Kind.Restore : Kind.None;
    }

    private static bool Is(in Argument argument, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(argument.Span, word);

    private static bool TryRestore(List<byte[]> libraries, Argument* arguments, int count)
    {
        if (!TryRead(arguments[2], out var restored))
            return false;
        if (count == 4 && Is(arguments[3], "FLUSH"u8))
            libraries.Clear();
        return TryAdd(libraries, restored, replaces: count == 4 && Is(arguments[3], "REPLACE"u8));
    }

    /// <summary>Adds libraries, all or none.</summary>
    private static bool TryAdd(List<byte[]> libraries, List<byte[]> added, bool replaces)
    {
        var names = added.ConvertAll(NameOf);
        if (names.Contains(null) || (!replaces && libraries.Exists(library => names.Contains(NameOf(library)))))
            return false;
        libraries.RemoveAll(library => names.Contains(NameOf(library)));
        libraries.AddRange(added);
        return true;
    }

    /// <summary>The libraries of a payload of FUNCTION DUMP: records as in an RDB file, and the end of one of DUMP.</summary>
    private static bool TryRead(in Argument payload, out List<byte[]> libraries)
    {
        libraries = [];
        if (!DumpWorkspace.HasSoundFooter(payload.Span, skipChecksum: false))
            return false;
        using var heap = new NativeHeap("functions");
        var text = default(RdbText);
        var input = new RdbInput(payload.Pointer, payload.Length - RdbFormat.DumpFooterBytes);
        bool isSound = true;
        while (input.Left > 0 && isSound)
        {
            isSound = input.TryByte(out byte code) && code == (byte)RdbOpcode.Function && input.TryString(heap, ref text);
            if (isSound)
                libraries.Add(text.Span.ToArray());
        }
        text.Release(heap);
        return isSound;
    }

    /// <summary>What the first line of a library calls it; null: nothing.</summary>
    private static string? NameOf(byte[] code)
    {
        var line = code.AsSpan();
        int end = line.IndexOf((byte)'\n');
        if (end < 0 || !line.StartsWith("#!"u8))
            return null;
        const string key = "name=";
        string? word = Array.Find(
            Encoding.Latin1.GetString(line[..end]).Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries),
            word => word.StartsWith(key, StringComparison.OrdinalIgnoreCase));
        return word is { Length: > 5 } ? word[key.Length..].Trim('"', '\'') : null;
    }
}
