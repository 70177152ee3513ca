using System.Runtime.CompilerServices;
using FastKv.Engine.Blocking;
using FastKv.Engine.Clients;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Journal;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands;

// Data plane. What a handler sees: arguments, the partitions it may touch, and where its one reply goes.

/// <summary>The execution of one command. Handlers take it by reference and write exactly one reply.</summary>
internal unsafe struct CommandContext
{
    /// <summary>Argument 0 is the command's name. The bytes stay valid until the reply is complete.</summary>
    public Argument* Arguments;
    public int Count;

    /// <summary>Logical database the client had selected when the command was dispatched.</summary>
    public int DatabaseIndex;

    /// <summary>For a part of a scattered command: only keys of <see cref="Partition"/> are this part's.</summary>
    public bool IsPart;

    /// <summary>The command has been blocked before (<see cref="Block"/>), and is tried again.</summary>
    public bool IsRetry;

    /// <summary>The command runs within EXEC: it cannot block.</summary>
    public bool IsInTransaction;

    /// <summary>For <see cref="Block"/>: what a retry retries, or a part that may block brings along; null: to be taken from the client's loop.</summary>
    public Waiter? Waiter;

    /// <summary>The shards that are held for it, one bit each, when it runs under an exclusive ticket; 0: <see cref="Partition"/> alone.</summary>
    public ulong Shards;

    /// <summary>The number of that ticket.</summary>
    public long TicketNumber;

    /// <summary>Hash of the first key, computed at routing; 0: not computed.</summary>
    public ulong FirstKeyHash;

    /// <summary>The partition that runs the command; with an exclusive ticket the coordinator's first.</summary>
    public Partition Partition;

    /// <summary>The partitions by shard number; foreign ones may be touched only under an exclusive ticket that covers them.</summary>
    public Partition[] Partitions;

    /// <summary>The session. Handlers of route Connection own it; handlers on partitions may run on another thread and use only what is
    /// marked safe there (<see cref="DatabaseIndex"/>, the reply).</summary>
    public Client Client;
    public CommandDescriptor Command;
    public ReplyWriter Reply;

    /// <summary>Argument <paramref name="index"/>.</summary>
    public readonly ReadOnlySpan<byte> this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Arguments[index].Span;
    }

    /// <summary>Time of this turn, milliseconds since the Unix epoch: one instant for the whole command.</summary>
    public readonly long NowMs => Partition.NowMs;

    /// <summary>Whether somebody wants to know the effects of commands: handlers of commands that cannot simply be repeated say theirs then.</summary>
    public readonly bool IsJournaled
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Partition.Listeners.Has(ChangeListener.Journal);
    }

    /// <summary>
    /// Begins an effect of this command on a key, which stands for the command in the journal (several may); ask <see cref="IsJournaled"/> before.
    /// </summary>
    /// <param name="key">A key of the shard that it belongs to.</param>
    /// <param name="name">The name of the command that repeats it.</param>
    /// <param name="count">Arguments, the name included.</param>
    public readonly Effect BeginEffect(in Key key, ReadOnlySpan<byte> name, int count) =>
        Database(key).Partition.Journal.Begin(DatabaseIndex, name, count);

    /// <summary>Nothing, or nothing more, stands for the command in the journal.</summary>
    public readonly void OmitEffect() => Partition.Journal.IsReplaced = true;

    /// <summary>The command is told as it came, whether something has changed or not.</summary>
    public readonly void ForceEffect() => Partition.Journal.IsForced = true;

    /// <summary>The key in argument <paramref name="index"/>, hashed, with its shard.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Key Key(int index)
    {
        var argument = Arguments[index];
        ulong hash = index == Command.FirstKey && FirstKeyHash != 0 ? FirstKeyHash : Partition.Routing.Hash(argument.Pointer, argument.Length);
        return new Key(argument.Pointer, argument.Length, hash);
    }

    /// <summary>The selected database on the partition that holds <paramref name="key"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Database Database(in Key key) => Database(key, DatabaseIndex);

    /// <summary>Database <paramref name="index"/> on the partition that holds <paramref name="key"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Database Database(in Key key, int index) =>
        Partitions.Length == 1 || IsPart ? Partition.Databases[index] : Partitions[Partition.Routing.ShardOf(key)].Databases[index];

    /// <summary>Whether <paramref name="key"/> belongs to this execution: always, except for a part of a scattered command.</summary>
    public readonly bool Owns(in Key key) => !IsPart || Partition.Routing.ShardOf(key) == Partition.Index;

    /// <summary>
    /// The entry of <paramref name="key"/> for a reading command (null entry: there is none); false: it is of another type, WRONGTYPE was replied.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryFindForRead(in Key key, ValueType type, out EntryRef entry)
    {
        entry = Database(key).FindForRead(key);
        return entry.IsNull || entry.Type == type || IsOfAnotherType();
    }

    /// <summary>
    /// The entry of <paramref name="key"/> for a writing command (null entry: there is none); false: it is of another type, WRONGTYPE was replied.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryFind(in Key key, ValueType type, out EntryRef entry)
    {
        entry = Database(key).Find(key);
        return entry.IsNull || entry.Type == type || IsOfAnotherType();
    }

    /// <summary>
    /// As <see cref="TryFind"/>, for a command that waits for the first of several keys: once it has been blocked it is served by the keys that have what it
    /// wants, and those of other types are passed over.
    /// </summary>
    public readonly bool TryFindToPop(in Key key, ValueType type, out EntryRef entry)
    {
        if (!IsRetry)
            return TryFind(key, type, out entry);
        entry = IsPart && !Owns(key) ? default : Database(key).Find(key);
        if (!entry.IsNull && entry.Type != type)
            entry = default;
        return true;
    }

    /// <summary>
    /// Suspends the command of a blocking handler that has found nothing: the handler writes no reply and returns. The command is run again, from the start
    /// and with the same arguments (as they stand in <see cref="Arguments"/> now: a handler may have put others there, which are copied), when one of the
    /// keys has got what it waits for. On several shards a run that follows sees the keys of one shard only (<see cref="Owns"/>). Where a client cannot be
    /// blocked, the reply of a timeout, a null array, is written at once.
    /// </summary>
    /// <param name="firstKey">Index of the first key that is waited for.</param>
    /// <param name="keyCount">How many, one behind the other.</param>
    /// <param name="timeoutMs">Milliseconds from now; 0: for ever.</param>
    /// <param name="lookMs">When it is to be run again even if no key has got anything, Unix milliseconds; the largest number: never.</param>
    public void Block(int firstKey, int keyCount, long timeoutMs, long lookMs = long.MaxValue)
    {
        if (IsRetry)
        {
            Waiter!.IsBlockedAgain = true;
            Waiter.NextLookMs = lookMs;
            return;
        }
        if (IsInTransaction)
        {
            Reply.NullArray();
            return;
        }
        bool isLocal = Waiter is null;
        if (isLocal && Client.IsClosed)
            return;
        var waiter = Waiter ?? Client.Loop.Blocked.Rent();
        waiter.Begin(ref this, firstKey, keyCount, timeoutMs, lookMs);
        for (int i = firstKey; i < firstKey + keyCount; i++)
        {
            var key = Key(i);
            var partition = Database(key).Partition;
            waiter.Shards |= 1UL << partition.Index;
            partition.Blocked.Add(DatabaseIndex, key, waiter);
        }
        waiter.NeedsTicket = System.Numerics.BitOperations.PopCount(waiter.Shards) == 1
            && CommandRules.ShardOf(Command, waiter.Arguments, waiter.Count, Partition.Routing) == Sharding.CommandBatch.Spanning;
        if (isLocal)
            Client.Loop.Blocked.Enter(Client, waiter);
        else
            Client.Waiter = waiter;
    }

    private readonly bool IsOfAnotherType()
    {
        Reply.Error(Errors.WrongType);
        return false;
    }

    /// <summary>Whether argument <paramref name="index"/> equals <paramref name="upperCaseWord"/>, ignoring ASCII case.</summary>
    public readonly bool Is(int index, ReadOnlySpan<byte> upperCaseWord) => System.Text.Ascii.EqualsIgnoreCase(this[index], upperCaseWord);

    /// <summary>Parses argument <paramref name="index"/> as a 64-bit integer, or replies <paramref name="error"/>
    /// (default: value is not an integer or out of range).</summary>
    public readonly bool TryInteger(int index, out long value, ReadOnlySpan<byte> error = default)
    {
        if (NumberText.TryParseInt64(this[index], out value))
            return true;
        Reply.Error(error.IsEmpty ? Errors.NotAnInteger : error);
        return false;
    }
}
