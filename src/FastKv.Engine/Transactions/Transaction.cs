using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Transactions;

// Data plane. What a client has queued since MULTI, and what it watches. The arguments are copied behind one another; they are kept as offsets until EXEC,
// because the buffer moves while it grows. A watch is broken by whoever runs the partition of its key, on any thread; EXEC looks at it while it holds all
// partitions that are watched.

/// <summary>One queued command.</summary>
/// <param name="Command">The command.</param>
/// <param name="First">Its first argument in <see cref="Transaction.Arguments"/>.</param>
/// <param name="Count">How many.</param>
internal readonly record struct QueuedCommand(CommandDescriptor Command, int First, int Count);

/// <summary>The transaction of one client; made once and reused.</summary>
internal sealed unsafe class Transaction
{
    /// <summary>Room for so many arguments is kept from one transaction to the next.</summary>
    private const int ArgumentsKept = 256;

    private readonly ArgumentArray _arguments = new();
    private readonly List<QueuedCommand> _commands = [];
    private readonly List<(int Database, long Offset, int Length, ulong Hash)> _watched = [];
    private NativeBuffer _text;
    private NativeBuffer _watchedNames;
    private long _brokenNumber;
    private bool _isSealed;

    /// <summary>The number of the present set of watches: a place that was left by an earlier one cannot break a later one.</summary>
    private long _watchNumber = 1;

    /// <summary>Between MULTI and EXEC or DISCARD.</summary>
    public bool IsOpen;

    /// <summary>A command could not be queued: EXEC will refuse.</summary>
    public bool IsAborted;

    /// <summary>The flags of all queued commands together.</summary>
    public CommandFlags Flags;

    /// <summary>The shards that the queued commands need, one bit each.</summary>
    public ulong Shards;

    /// <summary>The shards of the watched keys.</summary>
    public ulong WatchedShards;

    /// <summary>Some queued command works on the session itself, which only the client's own loop may do.</summary>
    public bool NeedsOwnLoop;

    /// <summary>EXEC: the first command that has not been run to its end.</summary>
    public int Next;

    /// <summary>The MIGRATE that EXEC waits for, which is number <see cref="Next"/>; null: none.</summary>
    public Migration.Migration? Migration;

    public int Count => _commands.Count;

    public long WatchNumber => Volatile.Read(ref _watchNumber);

    /// <summary>Keys watched.</summary>
    public int WatchedCount => _watched.Count;

    /// <summary>Whether a watched key has changed.</summary>
    public bool IsBroken => Volatile.Read(ref _brokenNumber) == _watchNumber;

    public QueuedCommand this[int index] => _commands[index];

    public Argument* Arguments => _arguments.Items;

    /// <summary>Heap bytes of what is queued, for CLIENT LIST.</summary>
    public long MemoryBytes => _text.Capacity + _watchedNames.Capacity + ((long)_arguments.Capacity * sizeof(Argument));

    /// <summary>Queues a command; its arguments are copied.</summary>
    public void Add(CommandDescriptor command, Argument* arguments, int count)
    {
        _commands.Add(new QueuedCommand(command, _arguments.Count, count));
        Flags |= command.Flags;
        _arguments.EnsureFree(count);
        long bytes = 0;
        for (int i = 0; i < count; i++)
            bytes += arguments[i].Length;
        _text.EnsureFree(Math.Max(bytes, 1));
        for (int i = 0; i < count; i++)
        {
            _arguments.Items[_arguments.Count++] = new Argument { Pointer = (byte*)_text.Length, Length = arguments[i].Length };
            _text.Append(arguments[i].Pointer, arguments[i].Length);
        }
    }

    /// <summary>Nothing more is queued: the arguments get their addresses.</summary>
    public void Seal()
    {
        if (_isSealed)
            return;
        _isSealed = true;
        for (int i = 0; i < _arguments.Count; i++)
            _arguments.Items[i].Pointer += (nint)_text.Data;
    }

    /// <summary>Watches a key; the partition is told by the caller. False: it is watched already.</summary>
    public bool TryWatch(int database, in Key key)
    {
        foreach (var (watchedDatabase, offset, length, hash) in _watched)
        {
            if (hash == key.Hash && watchedDatabase == database && new ReadOnlySpan<byte>(_watchedNames.Data + offset, length).SequenceEqual(key.Span))
                return false;
        }
        _watched.Add((database, _watchedNames.Length, key.Length, key.Hash));
        _watchedNames.EnsureFree(Math.Max(key.Length, 1));
        _watchedNames.Append(key.Pointer, key.Length);
        return true;
    }

    /// <summary>Looks at every watched key, so that those which have expired meanwhile are noticed.</summary>
    public void LookAtWatched(in CommandContext context)
    {
        foreach (var (database, offset, length, hash) in _watched)
        {
            var key = new Key(_watchedNames.Data + offset, length, hash);
            var home = context.Database(key, database);
            if (home.Partition.IsLoading)
                continue;
            home.Peek(key);

            // While clients pause it stays where it is, and has expired all the same.
            if (home.Partition.IsFrozen && home.HoldsExpired(key))
                home.Partition.Watched.NoteExpired(database, key, this);
        }
    }

    /// <summary>A watch with this number has seen its key change.</summary>
    public void Break(long number)
    {
        if (number == WatchNumber)
            Volatile.Write(ref _brokenNumber, number);
    }

    /// <summary>Forgets what is watched.</summary>
    public void Unwatch(Partition[] partitions)
    {
        if (_watched.Count == 0)
            return;
        for (ulong shards = WatchedShards; shards != 0; shards &= shards - 1)
            partitions[System.Numerics.BitOperations.TrailingZeroCount(shards)].Watched.NoteAbandoned();
        Volatile.Write(ref _watchNumber, _watchNumber + 1);
        _watched.Clear();
        _watchedNames.Release();
        WatchedShards = 0;
    }

    /// <summary>What EXEC has waited for is over.</summary>
    public void EndMigration()
    {
        Migration?.Dispose();
        Migration = null;
    }

    /// <summary>Forgets what is queued and watched (EXEC, DISCARD, the end of the session).</summary>
    public void End(Partition[] partitions)
    {
        Unwatch(partitions);
        IsOpen = IsAborted = NeedsOwnLoop = _isSealed = false;
        Shards = 0;
        Flags = CommandFlags.None;
        Next = 0;
        EndMigration();
        _commands.Clear();
        _arguments.Clear();
        _arguments.Trim(ArgumentsKept);
        _text.Release();
    }

    /// <summary>As <see cref="End"/>, and gives all memory back: the session is over.</summary>
    public void Release(Partition[] partitions)
    {
        End(partitions);
        _arguments.Dispose();
    }
}
