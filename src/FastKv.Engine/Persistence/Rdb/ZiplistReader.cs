using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace FastKv.Engine.Persistence.Rdb;

// Data plane. Redis's compact encoding until 7.0:
//
//   | total bytes u32 | offset of the last element u32 | elements u16 | element … | 255 |
//
//   element:   | bytes of the one before: u8, or 254 and u32 | encoding | content |
//   encoding:  00pppppp  text of p bytes           01pppppp qqqqqqqq  14 bits of length      10______ and u32 (highest byte first)
//              11000000  16 bits   11010000  32 bits   11100000  64 bits   11110000  24 bits   11111110  8 bits   1111nnnn  n - 1

/// <summary>Walks over a ziplist and validates it on the way.</summary>
internal unsafe struct ZiplistReader
{
    private const int HeaderBytes = 10;
    private const byte EndMark = 0xFF;
    private const byte LongMark = 254;
    private const int CountUnknown = ushort.MaxValue;

    private readonly byte* _start;
    private readonly byte* _end;
    private readonly int _count;
    private readonly uint _tail;
    private byte* _at;
    private long _previousBytes;
    private long _seen;
    private bool _isDamaged;

    public ZiplistReader(byte* bytes, long length)
    {
        _start = bytes;
        if (bytes == null || length <= HeaderBytes || Unsafe.ReadUnaligned<uint>(bytes) != length || bytes[length - 1] != EndMark)
        {
            _isDamaged = true;
            return;
        }
        _end = bytes + length - 1;
        _tail = Unsafe.ReadUnaligned<uint>(bytes + sizeof(uint));
        _count = Unsafe.ReadUnaligned<ushort>(bytes + 2 * sizeof(uint));
        _at = bytes + HeaderBytes;
    }

    /// <summary>About how many elements there are.</summary>
    public readonly long CountHint => _count;

    /// <summary>After the walk: whether there was nothing wrong.</summary>
    public readonly bool IsSound => !_isDamaged && (_count == CountUnknown || _count == _seen);

    /// <summary>The next element: a view of it, or of <paramref name="scratch"/>; false: the end, or damage.</summary>
    public bool TryNext(Span<byte> scratch, out ReadOnlySpan<byte> element)
    {
        element = default;
        if (_isDamaged)
            return false;
        if (_at == _end)
        {
            // An empty one says that its last element is where the first would be.
            long last = _seen == 0 ? HeaderBytes : _at - _start - _previousBytes;
            _isDamaged = _tail != last;
            return false;
        }
        byte* from = _at;
        _isDamaged = !TryPrevious() || !TryContent(scratch, out element);
        _previousBytes = _at - from;
        _seen++;
        return !_isDamaged;
    }

    private bool TryPrevious()
    {
        long previous = *_at;
        if (previous != LongMark)
        {
            _at++;
            return previous == _previousBytes;
        }
        if (_end - _at < 5)
            return false;
        previous = Unsafe.ReadUnaligned<uint>(_at + 1);
        _at += 5;
        return previous == _previousBytes;
    }

    private bool TryContent(Span<byte> scratch, out ReadOnlySpan<byte> element)
    {
        element = default;
        if (_at == _end)
            return false;
        byte mark = *_at++;
        switch (mark >> 6)
        {
            case 0:
                return TryText(mark & 0x3F, out element);
            case 1:
                return _at < _end && TryText((mark & 0x3F) << 8 | *_at++, out element);
            case 2:
                if (_end - _at < sizeof(uint))
                    return false;
                uint length = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(_at));
                _at += sizeof(uint);
                return TryText(length, out element);
            default:
                if (!TryInteger(mark, out long value))
                    return false;
                value.TryFormat(scratch, out int written, default, CultureInfo.InvariantCulture);
                element = scratch[..written];
                return true;
        }
    }

    private bool TryText(long length, out ReadOnlySpan<byte> element)
    {
        element = default;
        if (length > _end - _at)
            return false;
        element = new ReadOnlySpan<byte>(_at, (int)length);
        _at += length;
        return true;
    }

    private bool TryInteger(byte mark, out long value)
    {
        int bytes = mark switch { 0xC0 => 2, 0xD0 => 4, 0xE0 => 8, 0xF0 => 3, 0xFE => 1, _ => 0 };
        value = (mark & 15) - 1;
        if (bytes == 0)
            return mark is >= 0xF1 and <= 0xFD;
        if (_end - _at < bytes)
            return false;
        value = bytes switch
        {
            1 => (sbyte)*_at,
            2 => Unsafe.ReadUnaligned<short>(_at),
            3 => Unsafe.ReadUnaligned<ushort>(_at) | (sbyte)_at[2] << 16,
            4 => Unsafe.ReadUnaligned<int>(_at),
            _ => Unsafe.ReadUnaligned<long>(_at),
        };
        _at += bytes;
        return true;
    }
}
