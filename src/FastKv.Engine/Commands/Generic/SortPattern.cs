using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Generic;

/// <summary>A pattern of SORT's BY or GET, split once: <c>prefix*suffix</c>, <c>prefix*suffix-&gt;field</c>, or <c>#</c>. Data plane.</summary>
internal unsafe struct SortPattern
{
    private byte* _pattern;
    private int _prefixLength;
    private byte* _suffix;
    private int _suffixLength;
    private byte* _field;
    private int _fieldLength;

    /// <summary>The pattern is <c>#</c>: the element itself.</summary>
    public bool IsElement { get; private set; }

    /// <summary>Bytes of the key for an element of <paramref name="length"/> bytes.</summary>
    public readonly long KeyBytes(int length) => (long)_prefixLength + length + _suffixLength;

    /// <summary>Without a '*' a pattern leads to no key.</summary>
    public readonly bool HasKey => _suffix != null;

    /// <summary>Splits a pattern, which stays referred to. Redis searches it as a C string.</summary>
    public static SortPattern Parse(Argument argument)
    {
        var pattern = new SortPattern { _pattern = argument.Pointer };
        var text = argument.Span;
        if (text.SequenceEqual("#"u8))
        {
            pattern.IsElement = true;
            return pattern;
        }
        var searched = CommandRules.Shown(text);
        int star = searched.IndexOf((byte)'*');
        if (star < 0)
            return pattern;
        pattern._prefixLength = star;
        pattern._suffix = argument.Pointer + star + 1;
        int arrow = searched[(star + 1)..].IndexOf("->"u8);
        if (arrow >= 0 && star + 1 + arrow + 2 < searched.Length)
        {
            pattern._suffixLength = arrow;
            pattern._field = pattern._suffix + arrow + 2;
            pattern._fieldLength = text.Length - (star + 1 + arrow + 2);
        }
        else
        {
            pattern._suffixLength = text.Length - star - 1;
        }
        return pattern;
    }

    /// <summary>What the pattern leads to for an element; false: nothing. O(1).</summary>
    /// <param name="context">The command.</param>
    /// <param name="element">The element, which stands in for the '*'.</param>
    /// <param name="key"><see cref="KeyBytes"/> of room for the key.</param>
    /// <param name="scratch"><see cref="Listpack.ScratchBytes"/> for a value that is kept as an integer.</param>
    /// <param name="value">A view of the value, or of <paramref name="scratch"/>.</param>
    public readonly bool TryFind(ref CommandContext context, ReadOnlySpan<byte> element, byte* key, Span<byte> scratch, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!HasKey)
            return false;
        int length = (int)KeyBytes(element.Length);
        var name = new Span<byte>(key, length);
        new ReadOnlySpan<byte>(_pattern, _prefixLength).CopyTo(name);
        element.CopyTo(name[_prefixLength..]);
        new ReadOnlySpan<byte>(_suffix, _suffixLength).CopyTo(name[(_prefixLength + element.Length)..]);
        var found = new Key(key, length, context.Partition.Routing.Hash(key, length));
        var database = context.Database(found);
        var entry = database.FindForRead(found);
        if (entry.IsNull)
            return false;
        if (_field != null)
        {
            return entry.Type == ValueType.Hash
                && HashValue.TryGet(database.Values, entry, new ReadOnlySpan<byte>(_field, _fieldLength), context.NowMs, scratch, out value);
        }
        if (entry.Type != ValueType.String)
            return false;
        value = StringEntry.Read(entry.Block, scratch);
        return true;
    }
}
