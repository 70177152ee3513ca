using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

/// <summary>What stands in a file around a key's value. Data plane.</summary>
internal static unsafe class RdbRecord
{
    /// <summary>Selects a database, unless it is selected already.</summary>
    public static void WriteDatabase(ref NativeBuffer output, int database, ref int selected)
    {
        if (database == selected)
            return;
        selected = database;
        RdbOutput.Byte(ref output, (int)RdbOpcode.SelectDatabase);
        RdbOutput.Length(ref output, (ulong)database);
    }

    /// <summary>Everything before the value: expiry, idle time or frequency (as the policy keeps one of them), type and key.</summary>
    public static void WriteHead(ref NativeBuffer output, EntryRef entry, Partition partition)
    {
        if (entry.HasExpiry)
        {
            RdbOutput.Byte(ref output, (int)RdbOpcode.ExpireMilliseconds);
            RdbOutput.Int64(ref output, entry.ExpiryMs);
        }
        if (partition.Options.MaxMemoryPolicy is MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru)
        {
            RdbOutput.Byte(ref output, (int)RdbOpcode.Idle);
            RdbOutput.Length(ref output, (ulong)AccessClock.IdleSeconds(entry.AccessClock, partition.NowMs));
        }
        else if (partition.IsLfu)
        {
            RdbOutput.Byte(ref output, (int)RdbOpcode.Frequency);
            RdbOutput.Byte(ref output, AccessFrequency.CounterOf(entry.AccessClock, partition.NowMs, partition.Options));
        }
        RdbOutput.Byte(ref output, (int)RdbValueWriter.TypeOf(entry));
        RdbOutput.String(ref output, entry.Key, null);
    }
}
