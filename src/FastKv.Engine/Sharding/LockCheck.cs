using System.Numerics;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Protocol;

namespace FastKv.Engine.Sharding;

// Data plane, asked only while some key of a partition is locked (MIGRATE). A command waits when it names a locked key of its database; one that reaches into
// other databases (MOVE, COPY, SWAPDB), and a transaction, which may select others, when the key is locked in any. Commands that name no keys do not wait.

/// <summary>Whether a command has to wait for locked keys.</summary>
internal static unsafe class LockCheck
{
    private const int AnyDatabase = -1;

    /// <summary>Whether a command of a client must wait for one of the partitions in <paramref name="shards"/>, which the caller holds. O(keys).</summary>
    public static bool IsHeld(
        CommandDescriptor command, Argument* arguments, int count, int database, Client client, Partition[] partitions, ulong shards)
    {
        if (command.Route == CommandRoute.Transaction)
            return IsHeld(client, partitions, shards);
        if (command.Route == CommandRoute.Everywhere)
            return command.Name is "swapdb" && AnyLocked(partitions, shards);
        if (command.Route != CommandRoute.Keys)
            return false;
        if (command.Name is "move" or "copy")
            database = AnyDatabase;
        var routing = partitions[0].Routing;
        foreach (int index in KeyExtractor.Positions(command, arguments, count))
        {
            int shard = routing.ShardOf(arguments[index].Pointer, arguments[index].Length);
            if ((shards >> shard & 1) == 0 || partitions[shard].Locks is not { Any: true } locks)
                continue;
            ulong hash = routing.Hash(arguments[index].Pointer, arguments[index].Length);
            if (database == AnyDatabase ? locks.Contains(hash) : locks.Contains(database, hash))
                return true;
        }
        return false;
    }

    /// <summary>Whether a part must wait; the caller holds its partition.</summary>
    public static bool IsHeld(Part part, Partition[] partitions)
    {
        for (int i = part.FirstSlot; i >= 0; i = part.Batch.Slots[i].NextInPart)
        {
            ref var slot = ref part.Batch.Slots[i];
            var arguments = part.Batch.Arguments.Items + slot.First;
            if (IsHeld(slot.Command!, arguments, slot.Count, part.DatabaseIndex, part.Client, partitions, 1UL << part.Shard))
                return true;
        }
        return false;
    }

    /// <summary>Whether any key is locked on one of the shards.</summary>
    public static bool AnyLocked(Partition[] partitions, ulong shards)
    {
        for (; shards != 0; shards &= shards - 1)
        {
            if (partitions[BitOperations.TrailingZeroCount(shards)].Locks.Any)
                return true;
        }
        return false;
    }

    private static bool IsHeld(Client client, Partition[] partitions, ulong shards)
    {
        var transaction = client.Transaction;
        if (!transaction.IsOpen || transaction.IsAborted)
            return false;
        transaction.Seal();
        for (int i = 0; i < transaction.Count; i++)
        {
            var queued = transaction[i];
            if (IsHeld(queued.Command, transaction.Arguments + queued.First, queued.Count, AnyDatabase, client, partitions, shards))
                return true;
        }
        return false;
    }
}
