using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane. A value that is to be written into a listpack: measured once, so that room can be made before it is written.
internal readonly unsafe ref struct ListpackValue
{
    /// <summary>Bytes of the element.</summary>
    internal readonly int Size;

    private readonly bool _isInteger;
    private readonly long _integer;
    private readonly ReadOnlySpan<byte> _text;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ListpackValue(ReadOnlySpan<byte> text)
    {
        _text = text;
        _isInteger = ListpackInteger.TryParse(text, out _integer);
        Size = _isInteger ? Listpack.EncodedBytes(_integer) : Listpack.EncodedBytesOfText(text.Length);
    }

    /// <summary>Whether it is kept as an integer.</summary>
    internal bool IsInteger => _isInteger;

    /// <summary>Length of the value itself.</summary>
    internal int TextLength => _text.Length;

    /// <summary>Writes the element: <see cref="Size"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Write(byte* to)
    {
        if (_isInteger)
            Listpack.Encode(to, _integer);
        else
            Listpack.EncodeText(to, _text);
    }
}
