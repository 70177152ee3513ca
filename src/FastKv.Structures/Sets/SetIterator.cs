using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>A walk over a value, which must not change meanwhile. Data plane; O(1) per step.</summary>
public unsafe ref struct SetIterator
{
    private readonly ValueEncoding _encoding;
    private readonly int _width;
    private readonly byte* _end;
    private TableWalk _walk;
    private byte* _next;
    private byte* _current;

    internal SetIterator(EntryRef entry)
    {
        this = default;
        _encoding = entry.Encoding;
        if (_encoding == ValueEncoding.HashTable)
        {
            _walk = new TableWalk((TableHeader*)entry.Pointer);
            return;
        }

        byte* content = CompactValue.Bytes(entry.Block, out int length);
        _end = content + length;
        _width = *content;
        _next = content + (_encoding == ValueEncoding.IntSet ? IntSet.HeaderBytes : Listpack.HeaderBytes);
    }

    /// <summary>Goes to the next member; false: there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        if (_encoding == ValueEncoding.HashTable)
        {
            _current = _walk.Next();
            return _current != null;
        }

        if (_next >= _end)
            return false;
        _current = _next;
        _next += _encoding == ValueEncoding.IntSet ? _width : Listpack.SizeOf(_current);
        return true;
    }

    /// <summary>The member: a view of it, or of <paramref name="scratch"/> (<see cref="Listpack.ScratchBytes"/>) if it is kept as an integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ReadOnlySpan<byte> Text(Span<byte> scratch)
    {
        if (_encoding == ValueEncoding.HashTable)
            return SetMemberLayout.KeyOf(_current);
        return _encoding == ValueEncoding.Listpack
            ? Listpack.Text(_current, scratch)
            : scratch[..IntegerText.Format(IntSet.Read(_current, _width, 0), scratch)];
    }

    /// <summary>The member if it is kept as an integer; false: it is kept as text (which may still be that of an integer).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryInteger(out long value)
    {
        if (_encoding == ValueEncoding.IntSet)
        {
            value = IntSet.Read(_current, _width, 0);
            return true;
        }

        value = 0;
        return _encoding == ValueEncoding.Listpack && Listpack.TryInteger(_current, out value);
    }
}
