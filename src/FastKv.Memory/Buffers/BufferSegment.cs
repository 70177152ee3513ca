using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Memory;

/// <summary>
/// A piece of a <see cref="BufferChain"/>: this header, and behind it <see cref="Capacity"/> bytes, of which
/// [<see cref="Consumed"/>, <see cref="Length"/>) are to be sent. A segment never moves. Its length may be 0.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct BufferSegment
{
    internal const int HeaderBytes = 40;

    /// <summary>The segment after it, or null.</summary>
    public BufferSegment* Next;

    // A segment inside the memory of another one (BufferChain.BeginDeferred): that one; else null.
    internal BufferSegment* Owner;

    /// <summary>Bytes behind the header.</summary>
    public int Capacity;

    /// <summary>Bytes written. Of a chain's last segment only valid once <see cref="BufferChain.Head"/> was read.</summary>
    public int Length;

    /// <summary>Bytes of <see cref="Length"/> that were sent.</summary>
    public int Consumed;

    /// <summary>For the chain: live segments in this allocation; for a segment inside another, 1 while it is an unfilled placeholder.</summary>
    public int Reserved;

    internal long AllocatedBytes;

    /// <summary>The first byte of the segment's room.</summary>
    public byte* Data
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (byte*)Unsafe.AsPointer(ref this) + HeaderBytes;
    }

    /// <summary>Bytes yet to be sent.</summary>
    public readonly int Unread => Length - Consumed;
}
