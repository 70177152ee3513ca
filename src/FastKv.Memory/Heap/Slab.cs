using System.Runtime.InteropServices;

namespace FastKv.Memory;

// Data plane: what the heap knows about one slab. Headers live in a side table indexed by address (64 KiB units), not in the
// slab: blocks keep their natural alignment, and a header costs one cache line of its own rather than aliasing with the first
// line of every slab.
//
//   slab (64 KiB)
//   +-------+-------+-------+-- … --+-------+-------------------------+
//   | block | free ─┼► free | block | block |  never touched          |
//   +-------+-------+-------+-- … --+-------+-------------------------+
//              ▲ FreeList                    ▲ Bump                    ▲ End
//
// Only blocks that were handed out once are ever touched, so a fresh slab costs no page.
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct Slab
{
    public byte* FreeList;
    public byte* Bump;
    public byte* End;
    public int BlockBytes;
    public int Live;
    public Slab* Next;
    public Slab* Previous;
    public SlabState State;
    public byte Class;

    /// <summary>The round in which it was condemned in vain: some of its blocks cannot be moved.</summary>
    public ushort PinnedRound;
}

internal enum SlabState : byte
{
    None,

    /// <summary>The one that its class allocates from.</summary>
    Current,

    /// <summary>Has room, waits in its class's list.</summary>
    Partial,

    /// <summary>No room; in no list until a block of it is freed.</summary>
    Full,

    /// <summary>Empty, kept for the next allocation of its class.</summary>
    Retained,

    /// <summary>Sparse, to be emptied: nothing is allocated from it.</summary>
    Condemned,
}
