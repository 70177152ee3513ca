namespace FastKv.Tests.Serializability;

/// <summary>
/// Whether one round of operations is strictly serialisable: whether some order of them, which keeps all that lay apart in real time apart, gives
/// each operation the reply that was observed. Exact: a depth-first search over (operations done, state), each pair tried once.
/// Sources: Wing and Gong, "Testing and verifying concurrent objects", 1993; Lowe, "Testing for linearizability", 2017 (the memory of pairs).
/// </summary>
internal sealed class HistoryChecker
{
    /// <summary>Operations of one round; the search is exponential in those that overlap.</summary>
    public const int OperationsMax = 40;

    private readonly HashSet<(ulong Done, RoundState State)> _tried = [];
    private Operation[] _operations = [];
    private ulong[] _before = [];

    /// <summary>Pairs tried in all rounds so far: the cost of the search.</summary>
    public long Tried { get; private set; }

    /// <summary>Looks for an order.</summary>
    /// <param name="operations">The round, at most <see cref="OperationsMax"/>.</param>
    /// <param name="start">The state before it.</param>
    public bool IsSerializable(Operation[] operations, RoundState start)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(operations.Length, OperationsMax);
        _operations = operations;
        _before = new ulong[operations.Length];
        for (int i = 0; i < operations.Length; i++)
        {
            _before[i] = operations[i].PipelinedBefore;
            for (int j = 0; j < operations.Length; j++)
            {
                if (operations[j].RepliedAt < operations[i].InvokedAt)
                    _before[i] |= 1UL << j;
            }
        }
        _tried.Clear();
        bool isSerializable = Search(0, start);
        Tried += _tried.Count;
        return isSerializable;
    }

    private bool Search(ulong done, RoundState state)
    {
        if (done == (1UL << _operations.Length) - 1)
            return true;
        if (!_tried.Add((done, state)))
            return false;
        for (int i = 0; i < _operations.Length; i++)
        {
            if ((done >> i & 1) != 0 || (_before[i] & ~done) != 0)
                continue;
            RoundState next = state;
            if (_operations[i].TryApply(ref next) && Search(done | 1UL << i, next))
                return true;
        }
        return false;
    }
}
