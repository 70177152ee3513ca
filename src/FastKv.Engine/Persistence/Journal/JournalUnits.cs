using System.Numerics;
using System.Runtime.CompilerServices;
using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Sharding;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Journal;

// Data plane. Which journal tells what of a command that has just run: the one place that every execution passes (CommandStatistics.Run and its like).
//
//   one partition                the command as it came, or what its handler said
//   a share of a ticket          the command with the keys of this shard only
//   several, held exclusively    what the handler said; else a command whose keys lie on one shard as it came; else the keys it writes, as they are now

/// <summary>Distributes effects among the journals.</summary>
internal static unsafe class JournalUnits
{
    /// <summary>A command has run; the journal of its partition is on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Note(ref CommandContext context)
    {
        if ((context.Shards & (context.Shards - 1)) == 0)
        {
            context.Partition.Journal.NoteCommand(ref context);
            return;
        }
        NoteSpanning(ref context);
        if (!context.IsInTransaction)
            EndTicket(ref context);
    }

    /// <summary>A partition's share of a scattered command has run.</summary>
    public static void NoteScattered(ref CommandContext context, Ticket ticket)
    {
        var journal = context.Partition.Journal;
        bool isChanged = journal.TakeChanged();
        bool isForced = journal.IsForced;
        journal.IsReplaced = journal.IsForced = false;
        if ((context.Command.Flags & CommandFlags.Write) == 0)
        {
            journal.EndUnit();
            return;
        }
        if (context.Command.Route == CommandRoute.Everywhere)
        {
            // One command for all shards, in the first one's new file, with what it says there before anything that comes after it anywhere.
            journal.EndUnit();
            if (!isForced)
                return;
            journal.ForgetDatabase();
            if (context.Partition.Index == 0)
                journal.AddVerbatim(ref context);
            journal.AddBarrier(JournalMarkKind.Barrier, ticket.Number, ticket.Shards);
            return;
        }
        if (isChanged)
            AddOwned(ref context, context.Partition);
        journal.EndTicket(ticket.Number, ticket.Shards);
    }

    /// <summary>A transaction begins on several partitions: if it flushes a database, all it does is told by the first.</summary>
    public static void BeginTransaction(Partition[] partitions, bool hasFlush)
    {
        if (!hasFlush || partitions.Length == 1)
            return;
        partitions[0].Journal.ForgetDatabase();
        foreach (var partition in partitions)
            partition.Journal.Substitute = partition.Index == 0 ? null : partitions[0].Journal;
    }

    /// <summary>Tells the key as it is now: DEL, and the commands that make it.</summary>
    public static void AddImage(ref CommandContext context, in Key key, int databaseIndex)
    {
        var database = context.Database(key, databaseIndex);
        var journal = database.Partition.Journal;
        journal.Begin(databaseIndex, "DEL"u8, 2).Add(key.Span);
        var entry = database.Peek(key);
        if (!entry.IsNull)
            journal.AddImage(entry, database);
    }

    private static void NoteSpanning(ref CommandContext context)
    {
        bool isReplaced = false;
        ulong changed = 0;
        for (ulong shards = context.Shards; shards != 0; shards &= shards - 1)
        {
            int shard = BitOperations.TrailingZeroCount(shards);
            var journal = context.Partitions[shard].Journal;
            if (journal.TakeChanged())
                changed |= 1UL << shard;
            isReplaced |= journal.IsReplaced;
            if (journal.IsForced)
                changed |= 1UL << shard;
            journal.IsReplaced = journal.IsForced = false;
        }
        var command = context.Command;
        if (isReplaced || changed == 0 || (command.Flags & (CommandFlags.Write | CommandFlags.MayReplicate)) == 0 || command.Route == CommandRoute.Transaction)
            return;
        if (command.Route == CommandRoute.Everywhere)
        {
            context.Partitions[0].Journal.AddVerbatim(ref context);
            return;
        }
        int home = CommandRules.ShardOf(command, context.Arguments, context.Count, context.Partition.Routing);
        if (home >= 0)
            context.Partitions[home].Journal.AddVerbatim(ref context);
        else if (command.Merge != PartMerge.None)
            AddOwnedOfAll(ref context, changed);
        else
            AddImages(ref context, changed);
    }

    private static void AddOwnedOfAll(ref CommandContext context, ulong shards)
    {
        for (; shards != 0; shards &= shards - 1)
            AddOwned(ref context, context.Partitions[BitOperations.TrailingZeroCount(shards)]);
    }

    /// <summary>The command with the keys (and what belongs to each) of one shard.</summary>
    private static void AddOwned(ref CommandContext context, Partition partition)
    {
        var command = context.Command;
        int owned = 0;
        for (int i = command.FirstKey; i < context.Count; i += command.KeyStep)
        {
            if (partition.Routing.ShardOf(context.Arguments[i].Pointer, context.Arguments[i].Length) == partition.Index)
                owned++;
        }
        var effect = partition.Journal.Begin(context.DatabaseIndex, context[0], 1 + owned * command.KeyStep);
        for (int i = command.FirstKey; i < context.Count; i += command.KeyStep)
        {
            if (partition.Routing.ShardOf(context.Arguments[i].Pointer, context.Arguments[i].Length) == partition.Index)
                effect.Add(context, i, i + command.KeyStep);
        }
        partition.Journal.IsReplaced = false;
    }

    /// <summary>The keys that the command writes, on the shards that have changed.</summary>
    private static void AddImages(ref CommandContext context, ulong changed)
    {
        const KeyAccess written = KeyAccess.RW | KeyAccess.OW | KeyAccess.RM;
        var command = context.Command;
        Span<int> positions = stackalloc int[256];
        Span<byte> specs = stackalloc byte[256];
        int count = KeyExtractor.Extract(command, context.Arguments, context.Count, positions, specs);
        if (count > positions.Length)
        {
            // Hundreds of keys over several shards (MSETNX, MSETEX): rare, and already slow.
            positions = new int[count];
            specs = new byte[count];
            count = KeyExtractor.Extract(command, context.Arguments, context.Count, positions, specs);
        }
        for (int i = 0; i < count; i++)
        {
            if ((command.KeySpecs[specs[i]].Access & written) == 0)
                continue;
            var key = context.Key(positions[i]);
            if ((changed >> context.Partition.Routing.ShardOf(key) & 1) != 0)
                AddImage(ref context, key, context.DatabaseIndex);
        }
        for (ulong shards = context.Shards; shards != 0; shards &= shards - 1)
            context.Partitions[BitOperations.TrailingZeroCount(shards)].Journal.IsReplaced = false;
    }

    /// <summary>Ends the units of all partitions as shares of the ticket.</summary>
    private static void EndTicket(ref CommandContext context)
    {
        var partitions = context.Partitions;
        if (partitions[^1].Journal.Substitute is not null)
        {
            foreach (var partition in partitions)
                partition.Journal.Substitute = null;

            // An error, and no reason for new files.
            if (!partitions[0].Journal.HasEffects)
                return;
            foreach (var partition in partitions)
            {
                partition.Journal.AddBarrier(JournalMarkKind.Barrier, context.TicketNumber, context.Shards);
                if (partition.Index != 0)
                    partition.Journal.ForgetDatabase();
            }
            return;
        }
        ulong effective = 0;
        for (ulong shards = context.Shards; shards != 0; shards &= shards - 1)
        {
            int shard = BitOperations.TrailingZeroCount(shards);
            if (partitions[shard].Journal.HasEffects)
                effective |= 1UL << shard;
        }
        if ((effective & (effective - 1)) == 0)
        {
            if (effective != 0)
                partitions[BitOperations.TrailingZeroCount(effective)].Journal.EndUnit();
            return;
        }
        for (ulong shards = effective; shards != 0; shards &= shards - 1)
            partitions[BitOperations.TrailingZeroCount(shards)].Journal.EndTicket(context.TicketNumber, effective);
    }
}
