using System.Numerics;
using System.Text;
using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Migration;
using FastKv.Engine.Persistence.Journal;
using FastKv.Engine.Sharding;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Generic;

// Data plane in what it does to partitions. MIGRATE runs several times, each time holding the partitions of its keys:
//
//   first   looks the keys up, locks them, dumps the first megabyte, and suspends its client
//   again   dumps the next one, as often as needed
//   last    deletes what the target has acknowledged, unlocks, replies
//
// Between the runs Migration/Migrations talks to the target. Whatever names a locked key waits meanwhile (Sharding/LockCheck), so nothing is written to a key
// that is on its way, and nobody sees it here once it can be seen there. Within EXEC it locks nothing: the transaction keeps its partitions meanwhile.

/// <summary>MIGRATE.</summary>
internal static unsafe class Migrating
{
    private const int DefaultTimeoutMs = 1000;

    [Command("MIGRATE", Arity = -6, Flags = CommandFlags.Write | CommandFlags.Suspends, Group = CommandGroup.Generic, Categories = AclCategories.Dangerous,
        Since = "2.6.0", Summary = "Atomically transfer a key from a Redis instance to another one.",
        Complexity = "This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target instance. See the pages of these commands "
            + "for time complexity. Also an O(N) data transfer between the two instances is performed.",
        Syntax = "host port key_or_empty_string(key | empty_string=\"\") destination-db:integer timeout:integer [COPY@3.0.0] [REPLACE@3.0.0] "
            + "authentication[[AUTH password@4.0.7] | [AUTH2 (username password)@6.0.0]] [KEYS key@3.0.6...]",
        History = ["3.0.0: Added the `COPY` and `REPLACE` options.", "3.0.6: Added the `KEYS` option.", "4.0.7: Added the `AUTH` option.",
            "6.0.0: Added the `AUTH2` option."],
        Tips = ["nondeterministic_output"],
        KeyFinder = typeof(MigrateKeys),
        Differs = "Only commands on the keys that are being moved wait meanwhile, not the whole server; for a transaction that contains it, the shards of that "
            + "transaction do. When AUTH or SELECT is refused nothing is sent to the target.")]
    [KeySpec(Index = 3, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete)]
    [KeySpec(Keyword = "KEYS", StartFrom = -2, LastKey = -1, Access = KeyAccess.RW | KeyAccess.Access | KeyAccess.Delete | KeyAccess.Incomplete)]
    internal static void Migrate(ref CommandContext context)
    {
        if (context.IsRetry)
            Continue(ref context);
        else if (TryOptions(ref context, out var target, out var options))
            Begin(ref context, target, options);
    }

    private static void Begin(ref CommandContext context, MigrationTarget target, Options options)
    {
        context.OmitEffect();
        int[] keys = Existing(ref context, options);
        var client = context.Client;
        if (keys.Length == 0 || (client.IsClosed && !context.IsInTransaction))
        {
            context.Reply.SimpleString("NOKEY"u8);
            return;
        }
        if (context.IsInTransaction)
            BeginWithin(ref context, new Migration.Migration(waiter: null, target, keys) { IsCopy = options.IsCopy, Replaces = options.Replaces });
        else
            Suspend(ref context, target, keys, options);
    }

    /// <summary>The client waits, and the keys are locked.</summary>
    private static void Suspend(ref CommandContext context, MigrationTarget target, int[] keys, Options options)
    {
        var client = context.Client;
        var waiter = client.Loop.Blocked.Rent();
        waiter.Begin(ref context, firstKey: 0, keyCount: 0, timeoutMs: 0);

        // In service from the first moment on: neither a timeout nor CLIENT UNBLOCK ends it.
        waiter.TryClaim(waiter.Number);
        var migration = new Migration.Migration(waiter, target, keys) { IsCopy = options.IsCopy, Replaces = options.Replaces };
        waiter.Migration = migration;
        client.Loop.Blocked.Enter(client, waiter);
        Dump(ref context, migration);

        // A copy that has been dumped as a whole need not keep anybody waiting.
        if (!migration.IsCopy || !migration.IsOver)
            Lock(ref context, migration);
        Post(context, waiter, migration);
    }

    /// <summary>
    /// A command of a transaction. On several shards EXEC is suspended under its ticket, and this is run again (Sharding/TicketCoordinator). The only shard
    /// waits as a whole, as Redis does: none of its clients could be served meanwhile.
    /// </summary>
    private static void BeginWithin(ref CommandContext context, Migration.Migration migration)
    {
        var client = context.Client;
        client.Transaction.Migration = migration;
        Dump(ref context, migration);
        if (context.Partitions.Length > 1)
            return;
        do
            client.Loop.Server.Migrations.Exchange(migration);
        while (TryDumpMore(ref context, migration));
        client.Loop.NoteWait();
        End(ref context, migration);
    }

    private static void Continue(ref CommandContext context)
    {
        var waiter = context.IsInTransaction ? null : context.Waiter!;
        var migration = waiter is null ? context.Client.Transaction.Migration! : waiter.Migration!;
        context.OmitEffect();
        if (!TryDumpMore(ref context, migration))
        {
            End(ref context, migration);
        }
        else if (waiter is not null)
        {
            waiter.IsBlockedAgain = true;
            Post(context, waiter, migration);
        }
    }

    private static void Post(in CommandContext context, Blocking.Waiter waiter, Migration.Migration migration) =>
        context.Client.Loop.Server.Migrations.Start(migration, () => waiter.Origin.PostWaiter(waiter));

    /// <summary>Makes the next batch; false: all has been sent, or nothing more can be.</summary>
    private static bool TryDumpMore(ref CommandContext context, Migration.Migration migration)
    {
        if (migration.IsOver)
            return false;
        Dump(ref context, migration);
        return migration.Batch.Count > 0;
    }

    private static void End(ref CommandContext context, Migration.Migration migration)
    {
        var migrations = context.Client.Loop.Server.Migrations;
        migrations.Finish(migration);
        if (!migration.IsCopy)
            Delete(ref context, migration);
        Unlock(ref context, migration);
        if (context.Partitions.Length > 1 && !migration.IsHolding)
            migrations.Withdraw();
        if (migration.TargetError is { } error)
            context.Reply.Error("ERR Target instance replied with error: "u8, error, default);
        else if (migration.Failure is { } failure)
            context.Reply.Error(failure);
        else
            context.Reply.Ok();
        if (migration.IsHolding)
            context.Client.Transaction.EndMigration();
    }

    /// <summary>The arguments that name existing keys.</summary>
    private static int[] Existing(ref CommandContext context, Options options)
    {
        var found = new List<int>();
        for (int i = options.FirstKey; i < options.FirstKey + options.KeyCount; i++)
        {
            var key = context.Key(i);
            if (!context.Database(key).FindForRead(key).IsNull)
                found.Add(i);
        }
        return [.. found];
    }

    /// <summary>Dumps the next keys; those that have expired or been evicted meanwhile are passed over. O(bytes), a megabyte and one value at most.</summary>
    private static void Dump(ref CommandContext context, Migration.Migration migration)
    {
        ref var request = ref migration.Request;
        request.Length = 0;
        migration.Batch.Clear();
        while (migration.Next < migration.Keys.Length && request.Length < Migration.Migration.BatchBytes)
        {
            int index = migration.Next++;
            var key = context.Key(migration.Keys[index]);
            var database = context.Database(key);
            var entry = database.Peek(key);
            if (entry.IsNull)
                continue;
            var workspace = database.Partition.Dump;
            long length = workspace.Serialize(database.Values, entry, context.Partition.Options.RdbCompression);
            if (length > int.MaxValue)
            {
                migration.TargetError ??= Errors.DumpTooLarge.ToArray();
                workspace.Reset();
                continue;
            }
            EffectText.Header(ref request, migration.Replaces ? 5 : 4);
            EffectText.Argument(ref request, "RESTORE"u8);
            EffectText.Argument(ref request, key.Span);
            EffectText.Argument(ref request, entry.HasExpiry ? Math.Max(1, entry.ExpiryMs - context.NowMs) : 0);
            EffectText.Argument(ref request, new ReadOnlySpan<byte>(workspace.Payload, (int)length));
            if (migration.Replaces)
                EffectText.Argument(ref request, "REPLACE"u8);
            workspace.Reset();
            migration.Batch.Add(index);
        }
    }

    private static void Lock(ref CommandContext context, Migration.Migration migration)
    {
        migration.IsLocked = true;
        foreach (int index in migration.Keys)
        {
            var key = context.Key(index);
            context.Database(key).Partition.Locks.Add(context.DatabaseIndex, key.Hash);
        }
    }

    private static void Unlock(ref CommandContext context, Migration.Migration migration)
    {
        if (!migration.IsLocked)
            return;
        foreach (int index in migration.Keys)
        {
            var key = context.Key(index);
            context.Database(key).Partition.Locks.Remove(context.DatabaseIndex, key.Hash);
        }
        for (ulong shards = Shards(context); shards != 0; shards &= shards - 1)
        {
            var partition = context.Partitions[BitOperations.TrailingZeroCount(shards)];
            partition.Locks.Retry(partition);
        }
        foreach (var loop in context.Client.Loop.Server.Loops)
        {
            if (loop == ShardLoop.Current)
                loop.Locked.Release();
            else
                loop.Post(loop.Locked.Release);
        }
    }

    /// <summary>Deletes what the target has, shard by shard, and tells it as one DEL each.</summary>
    private static void Delete(ref CommandContext context, Migration.Migration migration)
    {
        var deleted = new List<int>();
        for (ulong shards = Shards(context); shards != 0; shards &= shards - 1)
        {
            var partition = context.Partitions[BitOperations.TrailingZeroCount(shards)];
            if (!migration.IsHolding)
                partition.Tracked.Actor = context.Client.Tracker;
            deleted.Clear();
            for (int i = 0; i < migration.Keys.Length; i++)
            {
                var key = context.Key(migration.Keys[i]);
                var database = context.Database(key);
                if (!migration.IsAcknowledged[i] || database.Partition != partition || !database.Delete(key))
                    continue;
                database.Notify(KeyspaceEvents.Generic, "del"u8, key);
                deleted.Add(migration.Keys[i]);
            }
            if (!migration.IsHolding)
                partition.Tracked.Actor = null;
            if (deleted.Count == 0 || !context.IsJournaled)
                continue;
            var effect = partition.Journal.Begin(context.DatabaseIndex, "DEL"u8, 1 + deleted.Count);
            foreach (int index in deleted)
                effect = effect.Add(context[index]);
        }
    }

    private static ulong Shards(in CommandContext context) => context.Shards == 0 ? 1 : context.Shards;

    private static bool TryOptions(ref CommandContext context, out MigrationTarget target, out Options options)
    {
        target = null!;
        options = new Options { FirstKey = MigrateKeys.KeyIndex, KeyCount = 1 };
        byte[]? user = null, password = null;
        for (int i = MigrateKeys.FirstOption; i < context.Count; i++)
        {
            int left = context.Count - 1 - i;
            if (context.Is(i, "COPY"u8))
            {
                options.IsCopy = true;
            }
            else if (context.Is(i, "REPLACE"u8))
            {
                options.Replaces = true;
            }
            else if (context.Is(i, "AUTH"u8) && left >= 1)
            {
                password = context[++i].ToArray();
            }
            else if (context.Is(i, "AUTH2"u8) && left >= 2)
            {
                user = context[++i].ToArray();
                password = context[++i].ToArray();
            }
            else if (context.Is(i, "KEYS"u8))
            {
                if (context[MigrateKeys.KeyIndex].Length != 0)
                {
                    context.Reply.Error(Errors.MigrateKeyAndKeys);
                    return false;
                }
                options.FirstKey = i + 1;
                options.KeyCount = left;
                break;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }
        if (!context.TryInteger(5, out long timeoutMs) || !context.TryInteger(4, out long database))
            return false;
        int timeout = timeoutMs <= 0 ? DefaultTimeoutMs : (int)Math.Min(timeoutMs, int.MaxValue);
        target = new MigrationTarget(Encoding.Latin1.GetString(context[1]), Port(context[2]), database, timeout, user, password);
        return true;
    }

    /// <summary>The number that an argument begins with, as atoi reads it, in 16 bits; 0: none, −1: it is negative.</summary>
    private static int Port(ReadOnlySpan<byte> text)
    {
        text = text.TrimStart((byte)' ');
        if (text.Length > 1 && text[0] == (byte)'-')
            return -1;
        int port = 0;
        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                break;
            port = ((port * 10) + digit - '0') & int.MaxValue;
        }
        return port & ushort.MaxValue;
    }

    private struct Options
    {
        public bool IsCopy;
        public bool Replaces;
        public int FirstKey;
        public int KeyCount;
    }
}
