namespace FastKv.Engine.Blocking;

/// <summary>The waiters of one loop by the time at which something is to be done: a binary heap from which any of them can be taken. Data plane.</summary>
internal sealed class DeadlineHeap
{
    private Waiter[] _items = new Waiter[16];

    /// <summary>Waiters with such a time.</summary>
    public int Count { get; private set; }

    /// <summary>The earliest time; <see cref="long.MaxValue"/>: there is none.</summary>
    public long NextUs => Count == 0 ? long.MaxValue : _items[0].WakeUs;

    /// <summary>The waiter whose time comes first.</summary>
    public Waiter First => _items[0];

    /// <summary>Adds a waiter under its <see cref="Waiter.WakeUs"/>. O(log n).</summary>
    public void Add(Waiter waiter)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, 2 * Count);
        Rise(Count++, waiter);
    }

    /// <summary>Takes a waiter out, if it is in. O(log n).</summary>
    public void Remove(Waiter waiter)
    {
        int index = waiter.DeadlineIndex;
        if (index < 0)
            return;
        waiter.DeadlineIndex = -1;
        var last = _items[--Count];
        _items[Count] = null!;
        if (last == waiter)
            return;
        if (index > 0 && last.WakeUs < _items[(index - 1) / 2].WakeUs)
            Rise(index, last);
        else
            Sink(index, last);
    }

    private void Rise(int index, Waiter waiter)
    {
        while (index > 0)
        {
            int parent = (index - 1) / 2;
            if (_items[parent].WakeUs <= waiter.WakeUs)
                break;
            Put(index, _items[parent]);
            index = parent;
        }
        Put(index, waiter);
    }

    private void Sink(int index, Waiter waiter)
    {
        while (true)
        {
            int child = (2 * index) + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && _items[child + 1].WakeUs < _items[child].WakeUs)
                child++;
            if (_items[child].WakeUs >= waiter.WakeUs)
                break;
            Put(index, _items[child]);
            index = child;
        }
        Put(index, waiter);
    }

    private void Put(int index, Waiter waiter)
    {
        _items[index] = waiter;
        waiter.DeadlineIndex = index;
    }
}
