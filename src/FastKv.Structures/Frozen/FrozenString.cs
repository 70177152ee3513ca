using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// Data plane. The bytes of a large string as they were at one instant, given from the first to the last while the string changes. There is no copy of the whole:
//
//   the string's buffer     | given | piece | piece | piece | piece … | what was appended since
//   kept                                    | piece |                   as it was before it was overwritten
//
// A piece ahead is copied before it is overwritten, once. A buffer that is freed (SET, DEL, or APPEND and SETRANGE that had to move it) is taken over as it is, and
// nothing changes in it any more. Pieces are pages: as small as blocks of a slab can be large, because a command may write a bit to each of them.
//
//   freeze    O(1)        give    O(bytes)        before a change    O(bytes), rounded up to pieces; the first one O(pieces)

/// <summary>A large string at an instant.</summary>
public sealed unsafe class FrozenString
{
    /// <summary>Bytes that are kept at once.</summary>
    public const int PieceBytes = 4096;

    private readonly NativeHeap _heap;
    private readonly byte* _buffer;
    private readonly long _length;
    private long _next;
    private byte** _kept;
    private long _takenBytes;

    /// <summary>Freezes a string.</summary>
    /// <param name="heap">Its heap.</param>
    /// <param name="buffer">Its bytes, a block above 4 KiB of its own.</param>
    /// <param name="length">How many.</param>
    /// <param name="given">So many count as given.</param>
    public FrozenString(NativeHeap heap, byte* buffer, long length, long given)
    {
        Debug.Assert(given >= 0 && given <= length, "of the string");
        _heap = heap;
        _buffer = buffer;
        _length = length;
        _next = given;
    }

    /// <summary>Bytes that have not been given.</summary>
    public long Left => _length - _next;

    /// <summary>Bytes copied because they changed.</summary>
    public long KeptBytes { get; private set; }

    private long PieceCount => (_length + PieceBytes - 1) / PieceBytes;

    /// <summary>The next bytes, as many as stand together, at least one if any is left; valid until the string changes.</summary>
    /// <param name="bytesMax">Most to give; above 0.</param>
    public ReadOnlySpan<byte> Peek(long bytesMax)
    {
        long piece = _next / PieceBytes;
        long end = Math.Min(_length, _next + Math.Min(bytesMax, int.MaxValue));
        if (_kept == null)
            return new ReadOnlySpan<byte>(_buffer + _next, (int)(end - _next));
        if (end > _next && _kept[piece] != null)
        {
            long offset = _next % PieceBytes;
            return new ReadOnlySpan<byte>(_kept[piece] + offset, (int)(Math.Min(end, (piece + 1) * PieceBytes) - _next));
        }
        long until = piece + 1;
        while (until * PieceBytes < end && _kept[until] == null)
            until++;
        return new ReadOnlySpan<byte>(_buffer + _next, (int)(Math.Min(end, until * PieceBytes) - _next));
    }

    /// <summary>So many bytes have been given; what <see cref="Peek"/> said is void.</summary>
    public void Advance(long bytes)
    {
        Debug.Assert(bytes >= 0 && bytes <= Left, "no more than there is");
        long first = _next / PieceBytes;
        _next += bytes;
        if (_kept == null)
            return;
        long end = _next == _length ? PieceCount : _next / PieceBytes;
        for (long i = first; i < end; i++)
            FreePiece(i);
    }

    /// <summary>Copies what has not been given, <see cref="Left"/> bytes, without giving it.</summary>
    public void CopyTo(byte* to)
    {
        long next = _next;
        while (Left > 0)
        {
            ReadOnlySpan<byte> bytes = Peek(int.MaxValue);
            bytes.CopyTo(new Span<byte>(to, bytes.Length));
            to += bytes.Length;
            _next += bytes.Length;
        }
        _next = next;
    }

    /// <summary>Some bytes of the buffer are about to be overwritten: those ahead are kept.</summary>
    public void BeforeWrite(long offset, long count)
    {
        Debug.Assert(_takenBytes == 0, "nobody else has the buffer any more");
        long from = Math.Max(offset, _next);
        long end = Math.Min(offset + count, _length);
        if (from >= end)
            return;
        if (_kept == null)
        {
            long bytes = PieceCount * sizeof(byte*);
            _kept = (byte**)_heap.Allocate(bytes);
            new Span<byte>(_kept, checked((int)bytes)).Clear();
        }
        for (long i = from / PieceBytes; i * PieceBytes < end; i++)
        {
            if (_kept[i] != null)
                continue;
            long start = i * PieceBytes;
            _kept[i] = _heap.Allocate(PieceBytes);
            Unsafe.CopyBlockUnaligned(_kept[i], _buffer + start, (uint)Math.Min(PieceBytes, _length - start));
            KeptBytes += PieceBytes;
        }
    }

    /// <summary>The buffer is left to this: its owner would free it.</summary>
    /// <param name="sizeBytes">Size of the block.</param>
    public void Take(long sizeBytes) => _takenBytes = sizeBytes;

    /// <summary>Ends it, with what has not been given. O(pieces kept).</summary>
    public void Release()
    {
        if (_kept != null)
        {
            for (long i = _next / PieceBytes; i < PieceCount; i++)
                FreePiece(i);
            _heap.Free((byte*)_kept, PieceCount * sizeof(byte*));
            _kept = null;
        }
        if (_takenBytes > 0)
            _heap.Free(_buffer, _takenBytes);
        _takenBytes = 0;
    }

    private void FreePiece(long index)
    {
        if (_kept[index] == null)
            return;
        _heap.Free(_kept[index], PieceBytes);
        _kept[index] = null;
    }
}
