using System.Collections.Concurrent;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Aof;

// Data plane. Runs the commands of an AOF on a partition, or on all of them. Nothing expires: a key (or a field) is there until the file says that it went, so
// the clock stands at 0; only commands that ask what time it is (from now on, in files of before Redis 7; when a consumer was seen) see the real one. As with
// clients' commands, buckets and entries of a group are fetched before the first of them is run.

/// <summary>Runs commands that an <see cref="AofReader"/> has found.</summary>
internal sealed unsafe class EffectPlayer : IDisposable
{
    private const int Group = 16;

    private readonly Partition[] _partitions;

    /// <summary>Null: those of all shards, which whoever calls holds.</summary>
    private readonly Partition? _partition;
    private readonly BufferPool _segments = new(retainedSegmentsMax: 1);
    private readonly BufferChain _replies;
    private readonly ErrorCounts _errors = new();
    private readonly Client _client;
    private readonly ConcurrentBag<EffectBatch> _pool = [];
    private readonly long _nowMs;

    /// <param name="server">Whose partitions.</param>
    /// <param name="shard">Whose commands; −1: of all shards.</param>
    public EffectPlayer(FastKvServer server, int shard)
    {
        _partitions = server.Partitions;
        _partition = shard < 0 ? null : _partitions[shard];
        _replies = new BufferChain(_segments);
        _client = new Client { Loop = server.Loops[Math.Max(shard, 0)], Authenticated = true };
        _nowMs = server.Clock.UnixMicroseconds / 1000;
    }

    /// <summary>An empty batch; from any thread.</summary>
    public EffectBatch Rent() => _pool.TryTake(out var batch) ? batch : new EffectBatch(this);

    /// <summary>Takes a batch back; from any thread.</summary>
    public void Return(EffectBatch batch) => _pool.Add(batch);

    /// <summary>Runs a batch, by whoever runs the partition.</summary>
    public void Run(EffectBatch batch)
    {
        SetClocks(0);
        KeepExpired(true);
        var items = batch.Arguments.Items;
        for (int first = 0; first < batch.Count; first += Group)
        {
            var slots = batch.Slots.AsSpan(first, Math.Min(Group, batch.Count - first));
            if (_partition is { } partition)
                Prefetch(partition, slots);
            foreach (ref var slot in slots)
                Run(ref slot, items + slot.First);
        }
        KeepExpired(false);
        SetClocks(_nowMs);
    }

    public void Dispose()
    {
        foreach (var batch in _pool)
            batch.Dispose();
        _replies.Clear();
        _segments.Dispose();
        _client.Recycle();
    }

    private static void Prefetch(Partition partition, ReadOnlySpan<EffectSlot> slots)
    {
        foreach (ref readonly var slot in slots)
        {
            if (slot.Hash != 0)
                partition.Databases[slot.Database].PrefetchBucket(slot.Hash);
        }
        foreach (ref readonly var slot in slots)
        {
            if (slot.Hash != 0)
                partition.Databases[slot.Database].PrefetchEntry(slot.Hash);
        }
    }

    private void Run(ref EffectSlot slot, Argument* arguments)
    {
        var command = slot.Command;
        _client.Database = slot.Database;
        CommandContext context = default;
        context.Command = command;
        context.Arguments = arguments;
        context.Count = slot.Count;
        context.Client = _client;
        context.DatabaseIndex = slot.Database;
        context.Partitions = _partitions;
        context.IsInTransaction = true;
        context.FirstKeyHash = slot.Hash;
        context.Reply = new ReplyWriter(_replies, 2, _errors);
        bool asksForTime = (command.Flags & CommandFlags.Write) != 0 && AsksForTime(command.Name, arguments, slot.Count);
        if (asksForTime)
            SetClocks(_nowMs);
        RunOn(ref context);
        if (asksForTime)
            SetClocks(0);
        _replies.Clear();
        _errors.Pending = 0;
        _errors.IsRejection = false;
    }

    private void RunOn(ref CommandContext context)
    {
        var command = context.Command;
        if (_partition is not null)
        {
            context.Partition = _partition;
            command.Handler(ref context);
            return;
        }
        if (command.Route == CommandRoute.Everywhere && command.Merge != PartMerge.None && _partitions.Length > 1)
        {
            foreach (var partition in _partitions)
            {
                context.Partition = partition;
                context.IsPart = true;
                command.Handler(ref context);
            }
            return;
        }
        int shard = command.Route != CommandRoute.Keys ? 0 : CommandRules.ShardOf(command, context.Arguments, context.Count, _partitions[0].Routing);
        context.Partition = _partitions[Math.Max(shard, 0)];
        command.Handler(ref context);
    }

    private void SetClocks(long nowMs)
    {
        if (_partition is not null)
        {
            SetClock(_partition, nowMs);
            return;
        }
        foreach (var partition in _partitions)
            SetClock(partition, nowMs);
    }

    private void SetClock(Partition partition, long nowMs)
    {
        partition.SetClock(_nowMs);
        partition.NowMs = nowMs;
    }

    private void KeepExpired(bool keeps)
    {
        if (_partition is not null)
        {
            _partition.KeepsExpired = keeps;
            return;
        }
        foreach (var partition in _partitions)
            partition.KeepsExpired = keeps;
    }

    private static bool AsksForTime(string name, Argument* arguments, int count)
    {
        switch (name)
        {
            case "expire" or "pexpire" or "setex" or "psetex" or "getex" or "hexpire" or "hpexpire" or "hsetex" or "hgetex":
            case "xclaim" or "xgroup|createconsumer" or "restore" or "restore-asking":
                return true;
            case "set" or "msetex":
                return HasRelativeTime(arguments, count);
            default:
                return false;
        }
    }

    /// <summary>Nobody who propagates effects writes these so, but a file may have been made otherwise; for EXAT and PXAT the clock does not matter.</summary>
    private static bool HasRelativeTime(Argument* arguments, int count)
    {
        const int firstOption = 3;
        for (int i = firstOption; i < count - 1; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(arguments[i].Span, "EX"u8) || System.Text.Ascii.EqualsIgnoreCase(arguments[i].Span, "PX"u8))
                return true;
        }
        return false;
    }
}
