using System.Runtime.CompilerServices;

namespace FastKv.Engine.Keyspace;

/// <summary>Those who are to be told of a partition's changes.</summary>
[Flags]
internal enum ChangeListener
{
    /// <summary>Clients that watch keys (WATCH).</summary>
    Watches = 1,

    /// <summary>Clients that hold keys in caches of their own.</summary>
    Caches = 2,

    /// <summary>Clients that hold keys with certain prefixes in caches of their own (BCAST).</summary>
    Prefixes = 4,

    /// <summary>The journal.</summary>
    Journal = 8,
}

/// <summary>
/// Whether anybody listens, in one word, so that a write for which nobody does pays for one test. Data plane: read under the partition's ownership word; each
/// listener changes its own bit when its first interest comes and its last one goes, from any thread.
/// </summary>
internal struct ChangeListeners
{
    private int _present;

    /// <summary>Whether there is any.</summary>
    public readonly bool Any
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _present != 0;
    }

    /// <summary>Whether there is this one, or one of these.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(ChangeListener listener) => (_present & (int)listener) != 0;

    /// <summary>A listener comes or goes.</summary>
    public void Set(ChangeListener listener, bool isPresent)
    {
        if (isPresent)
            Interlocked.Or(ref _present, (int)listener);
        else
            Interlocked.And(ref _present, ~(int)listener);
    }
}
