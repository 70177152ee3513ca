using System.Runtime.CompilerServices;

namespace FastKv.Engine.Persistence.Rdb;

// Data plane. Small hashes of Redis 2.0 to 2.4:
//
//   | fields u8, 254: many | length, field | length, unused bytes u8, value, unused | … | 255 |          length: u8, or 254 and u32

/// <summary>Walks over a zipmap and validates it on the way.</summary>
internal unsafe struct ZipmapReader
{
    private const byte EndMark = 0xFF;
    private const byte LongMark = 254;

    private readonly byte* _end;
    private readonly int _count;
    private byte* _at;
    private long _seen;
    private bool _isDamaged;

    public ZipmapReader(byte* bytes, long length)
    {
        if (bytes == null || length < 2 || bytes[length - 1] != EndMark)
        {
            _isDamaged = true;
            return;
        }
        _count = *bytes;
        _at = bytes + 1;
        _end = bytes + length - 1;
    }

    /// <summary>About how many fields there are.</summary>
    public readonly long CountHint => _count;

    /// <summary>After the walk: whether there was nothing wrong.</summary>
    public readonly bool IsSound => !_isDamaged && (_count >= LongMark || _count == _seen);

    /// <summary>The next field and its value; false: the end, or damage.</summary>
    public bool TryNext(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
    {
        field = value = default;
        if (_isDamaged || _at == _end)
            return false;
        _isDamaged = !TryText(0, out field) || !TryText(1, out value);
        _seen++;
        return !_isDamaged;
    }

    private bool TryText(int unusedBytes, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (_at == _end)
            return false;
        long length = *_at++;
        if (length > LongMark)
            return false;
        if (length == LongMark)
        {
            if (_end - _at < sizeof(uint))
                return false;
            length = Unsafe.ReadUnaligned<uint>(_at);
            _at += sizeof(uint);
        }
        if (_end - _at < unusedBytes)
            return false;
        long unused = unusedBytes == 0 ? 0 : *_at++;
        if (_end - _at < length + unused)
            return false;
        text = new ReadOnlySpan<byte>(_at, (int)length);
        _at += length + unused;
        return true;
    }
}
