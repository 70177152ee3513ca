using FastKv.Protocol;

namespace FastKv.Engine;

/// <summary>Builds a short text in a caller's span, without allocating; what does not fit is cut.</summary>
internal ref struct SpanText(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _destination[.._length];

    public void Add(scoped ReadOnlySpan<byte> text)
    {
        int count = Math.Min(text.Length, _destination.Length - _length);
        text[..count].CopyTo(_destination[_length..]);
        _length += count;
    }

    public void AddAscii(scoped ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length && _length < _destination.Length; i++)
            _destination[_length++] = (byte)text[i];
    }

    public unsafe void Add(long value)
    {
        byte* digits = stackalloc byte[NumberText.Int64CharsMax];
        Add(new ReadOnlySpan<byte>(digits, NumberText.Format(digits, value)));
    }
}
