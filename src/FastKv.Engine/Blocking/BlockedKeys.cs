using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Blocking;

// Data plane, under the partition's ownership word. The keys of one partition that blocked clients wait for, each with its queue: first come, first
// served. Keys that have got something stand in a list of their own until the command that brought it has ended.
//
// A wait that ends elsewhere (timeout, served on another shard) leaves its place in the queue behind; such places are counted, skipped when met, and swept
// when there are more of them than live ones.

/// <summary>Who waits for which key on one partition.</summary>
internal sealed class BlockedKeys(Partition partition) : IDisposable
{
    /// <summary>Fewer left places than this are not worth a sweep.</summary>
    private const int AbandonedMin = 64;

    private readonly Partition _partition = partition;
    private readonly KeyTable<BlockedKey> _keys = new();
    private readonly Stack<WaitPlace> _placePool = new();
    private readonly Queue<BlockedKey> _ready = new();
    private readonly List<BlockedKey> _walked = [];
    private int _places;

    /// <summary>Places whose wait is over, give or take; counted up by the loops of their clients.</summary>
    private int _abandoned;

    /// <summary>Keys that are waited for.</summary>
    public int Count => _keys.Count;

    /// <summary>Those of them by whose loss a wait ends as well.</summary>
    public int CountOnNoKey { get; private set; }

    /// <summary>Adds a waiter to the queue of a key.</summary>
    public void Add(int database, in Key key, Waiter waiter)
    {
        if (Volatile.Read(ref _abandoned) is var abandoned && abandoned > AbandonedMin && abandoned > _places / 2)
            Sweep();
        var blocked = _keys.FindOrAdd(database, key);
        if (!_placePool.TryPop(out var place))
            place = new WaitPlace();
        place.Waiter = waiter;
        place.Number = waiter.Number;
        place.EndsWithoutKey = waiter.EndsWithoutKey;
        if (place.EndsWithoutKey && blocked.PlacesOnNoKey++ == 0)
            CountOnNoKey++;
        place.Next = null;
        if (blocked.Last is null)
            blocked.First = place;
        else
            blocked.Last.Next = place;
        blocked.Last = place;
        _places++;
    }

    /// <summary>A wait has ended whose place stands here; from any thread.</summary>
    public void NoteAbandoned() => Interlocked.Increment(ref _abandoned);

    /// <summary>The key has got something: its queue is looked at when the present command has ended.</summary>
    public void Signal(int database, in Key key, bool skipTickets = false)
    {
        if (_keys.Find(database, key) is not { } blocked)
            return;
        blocked.SkipsTickets = skipTickets;
        MarkReady(blocked);
    }

    /// <summary>As <see cref="Signal"/>, for every key of a database (SWAPDB, FLUSHALL).</summary>
    public void SignalDatabase(int database)
    {
        _keys.CopyTo(_walked);
        foreach (var blocked in _walked)
        {
            if (blocked.Database == database)
                MarkReady(blocked);
        }
        _walked.Clear();
    }

    /// <summary>Takes the next key that is ready; null: none is.</summary>
    public BlockedKey? TakeReady()
    {
        if (!_ready.TryDequeue(out var blocked))
        {
            _partition.HasReadyKeys = false;
            return null;
        }
        blocked.IsReady = false;
        return blocked;
    }

    /// <summary>Removes a place from a queue. (The key stays until <see cref="DropIfUnused"/>.)</summary>
    public void Remove(BlockedKey blocked, WaitPlace? before, WaitPlace place)
    {
        if (before is null)
            blocked.First = place.Next;
        else
            before.Next = place.Next;
        if (blocked.Last == place)
            blocked.Last = before;
        if (place.EndsWithoutKey && --blocked.PlacesOnNoKey == 0)
            CountOnNoKey--;
        place.Waiter = null!;
        place.Next = null;
        _placePool.Push(place);
        _places--;
    }

    /// <summary>Forgets a key that nobody waits for.</summary>
    public void DropIfUnused(BlockedKey blocked)
    {
        if (blocked.First is not null || blocked.IsReady)
            return;
        _keys.Remove(blocked);
    }

    public void Dispose() => _keys.Dispose();

    private void MarkReady(BlockedKey blocked)
    {
        if (blocked.IsReady)
            return;
        blocked.IsReady = true;
        _ready.Enqueue(blocked);
        _partition.HasReadyKeys = true;
    }

    /// <summary>Drops the places of waits that are over. O(places), at most every so many places: O(1) amortised.</summary>
    private void Sweep()
    {
        Volatile.Write(ref _abandoned, 0);
        _keys.CopyTo(_walked);
        foreach (var blocked in _walked)
        {
            WaitPlace? before = null;
            for (var place = blocked.First; place is not null;)
            {
                var following = place.Next;
                if (place.IsOver)
                    Remove(blocked, before, place);
                else
                    before = place;
                place = following;
            }
            DropIfUnused(blocked);
        }
        _walked.Clear();
    }
}

/// <summary>A key that is waited for, and its queue.</summary>
internal sealed class BlockedKey : KeyNode<BlockedKey>
{
    public WaitPlace? First, Last;

    /// <summary>How many in the queue have <see cref="WaitPlace.EndsWithoutKey"/>.</summary>
    public int PlacesOnNoKey;

    /// <summary>It stands among the keys that have got something.</summary>
    public bool IsReady;

    /// <summary>The next look at the queue passes over waiters that need a ticket: one of them has just found nothing.</summary>
    public bool SkipsTickets;
}

/// <summary>A waiter's place in a queue.</summary>
internal sealed class WaitPlace
{
    public Waiter Waiter = null!;

    /// <summary>The wait it stands for.</summary>
    public long Number;

    /// <summary>The wait ends when the key is lost, too.</summary>
    public bool EndsWithoutKey;
    public WaitPlace? Next;

    /// <summary>Whether that wait has ended.</summary>
    public bool IsOver => Waiter.Number != Number || Waiter.IsIdle;
}
