using FastKv.Engine.Messages;
using FastKv.Engine.Sharding;

namespace FastKv.Engine.Tracking;

// Data plane. One client that has called CLIENT TRACKING ON, as the partitions see it. It is made with the first call and stays until the session ends, so that
// what was remembered for the client keeps its meaning when tracking is switched off and on again, as in Redis.

/// <summary>How a client wishes to be told.</summary>
[Flags]
internal enum TrackingModes
{
    /// <summary>CLIENT TRACKING OFF.</summary>
    None = 0,

    /// <summary>CLIENT TRACKING ON.</summary>
    On = 1,

    /// <summary>BCAST: of all keys with certain prefixes, read or not.</summary>
    Broadcast = 2,

    /// <summary>OPTIN: of keys that are read right after CLIENT CACHING YES.</summary>
    OptIn = 4,

    /// <summary>OPTOUT: of keys that are read, but not right after CLIENT CACHING NO.</summary>
    OptOut = 8,

    /// <summary>NOLOOP: not of its own changes.</summary>
    NoLoop = 16,
}

/// <summary>A tracking client. Its own loop writes; partitions read <see cref="Modes"/> on any thread, and what never changes.</summary>
internal sealed class Tracker(int slot, uint session, long clientId, ShardLoop loop, in Receiver receiver)
{
    private volatile int _modes;

    /// <summary>Its place among the trackers, and which of the place's users it is.</summary>
    public readonly int Slot = slot;
    public readonly uint Session = session;
    public readonly long ClientId = clientId;
    public readonly ShardLoop Loop = loop;
    public readonly Receiver Receiver = receiver;

    /// <summary>The prefixes of BCAST in order; only under the lock of <see cref="Trackers"/>, and on the client's own loop.</summary>
    public readonly SortedSet<byte[]> Prefixes = new(ByteOrder.Instance);

    /// <summary>The client that is told instead (REDIRECT); 0: itself.</summary>
    public long RedirectId;

    /// <summary>That client has gone.</summary>
    public bool IsRedirectBroken;

    /// <summary>CLIENT CACHING was called: the next command, or transaction, is an exception.</summary>
    public bool IsCachingGiven;

    public TrackingModes Modes
    {
        get => (TrackingModes)_modes;
        set => _modes = (int)value;
    }

    public bool IsOn => Has(TrackingModes.On);

    /// <summary>Whether the keys of the commands that the client now calls are to be remembered. Its own loop, or while one of its commands runs.</summary>
    public bool Remembers
    {
        get
        {
            var modes = Modes;
            if ((modes & (TrackingModes.On | TrackingModes.Broadcast)) != TrackingModes.On)
                return false;
            return (modes & TrackingModes.OptIn) != 0 ? IsCachingGiven : (modes & TrackingModes.OptOut) == 0 || !IsCachingGiven;
        }
    }

    public bool Has(TrackingModes mode) => (Modes & mode) != 0;

    /// <summary>Bytes in lexicographic order, as Redis lists prefixes.</summary>
    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? left, byte[]? right) => left.AsSpan().SequenceCompareTo(right);
    }
}
