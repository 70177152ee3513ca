// Coalesces the wake-ups of a loop: only a loop that sleeps, or is about to, costs the waker a system call, and only the first waker.
//
//            TrySleep                     Request (this one wakes it by a system call)
//   Awake ------------> Sleeping ------------------------------------------------------> Requested
//     ^------------------------ Woken, or TrySleep that finds a request -----------------------'
//
// Data plane. Its own cache lines, since other threads write it.
using System.Runtime.InteropServices;

namespace FastKv.Network;

[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct WakeFlag
{
    private const int Awake = 0;
    private const int Sleeping = 1;
    private const int Requested = 2;

    [FieldOffset(128)]
    private int _state;

    /// <summary>Any thread, after publishing its work: true if the caller must wake the loop by a system call.</summary>
    internal bool Request() => Interlocked.Exchange(ref _state, Requested) == Sleeping;

    /// <summary>The loop, before it blocks: false if a request came since the last turn; the loop must not block then.</summary>
    internal bool TrySleep()
    {
        if (Interlocked.CompareExchange(ref _state, Sleeping, Awake) == Awake) return true;

        // A full fence, not a plain store: the owner's next look at its queues must not happen before this store is visible, or a
        // request that finds Requested here and returns without a system call could be overwritten and missed.
        Interlocked.Exchange(ref _state, Awake);
        return false;
    }

    /// <summary>The loop, when it has come back from blocking.</summary>
    internal void Woken() => Interlocked.Exchange(ref _state, Awake);
}
