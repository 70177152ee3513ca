using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

/// <summary>
/// Writes what a file holds besides values: its head, databases, what stands before a value. Data plane but for the head. A snapshot that is written in
/// slices by several partitions names the database in front of each run of records; it may be named any number of times.
/// </summary>
internal static unsafe class RdbRecords
{
    /// <summary>Signature and auxiliary fields.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="version">The format's version.</param>
    /// <param name="nowMs">When the snapshot is of.</param>
    /// <param name="usedBytes">Memory in use.</param>
    /// <param name="isJournalBase">Whether it is the first part of an append-only file.</param>
    public static void WriteHead(ref NativeBuffer output, int version, long nowMs, long usedBytes, bool isJournalBase = false)
    {
        RdbOutput.Raw(ref output, System.Text.Encoding.ASCII.GetBytes($"REDIS{version:D4}"));
        WriteAuxiliary(ref output, "redis-ver"u8, System.Text.Encoding.ASCII.GetBytes(ServerVersion.RedisVersion));
        WriteAuxiliary(ref output, "redis-bits"u8, "64"u8);
        WriteAuxiliary(ref output, "ctime"u8, System.Text.Encoding.ASCII.GetBytes($"{nowMs / 1000}"));
        WriteAuxiliary(ref output, "used-mem"u8, System.Text.Encoding.ASCII.GetBytes($"{usedBytes}"));
        WriteAuxiliary(ref output, "aof-base"u8, isJournalBase ? "1"u8 : "0"u8);
    }

    /// <summary>A name and a value.</summary>
    public static void WriteAuxiliary(ref NativeBuffer output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        RdbOutput.Byte(ref output, (int)RdbOpcode.Auxiliary);
        RdbOutput.String(ref output, name, null);
        RdbOutput.String(ref output, value, null);
    }

    /// <summary>The code of a function library.</summary>
    public static void WriteFunction(ref NativeBuffer output, ReadOnlySpan<byte> code)
    {
        RdbOutput.Byte(ref output, (int)RdbOpcode.Function);
        RdbOutput.String(ref output, code, null);
    }

    /// <summary>Records that follow are of that database.</summary>
    public static void WriteSelect(ref NativeBuffer output, int database)
    {
        RdbOutput.Byte(ref output, (int)RdbOpcode.SelectDatabase);
        RdbOutput.Length(ref output, (ulong)database);
    }

    /// <summary>How many keys, and keys that expire, the database has: a hint for the reader.</summary>
    public static void WriteResize(ref NativeBuffer output, long keys, long expiring)
    {
        RdbOutput.Byte(ref output, (int)RdbOpcode.ResizeDatabase);
        RdbOutput.Length(ref output, (ulong)keys);
        RdbOutput.Length(ref output, (ulong)expiring);
    }

    /// <summary>All of a record but the value, which a <see cref="RdbValueWriter"/> then writes.</summary>
    public static void WriteRecordHead(ref NativeBuffer output, EntryRef entry, ServerOptions options, long nowMs)
    {
        if (entry.HasExpiry)
        {
            RdbOutput.Byte(ref output, (int)RdbOpcode.ExpireMilliseconds);
            RdbOutput.Int64(ref output, entry.ExpiryMs);
        }
        switch (options.MaxMemoryPolicy)
        {
            case MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.VolatileLru:
                RdbOutput.Byte(ref output, (int)RdbOpcode.Idle);
                RdbOutput.Length(ref output, (ulong)AccessClock.IdleSeconds(entry.AccessClock, nowMs));
                break;
            case MaxMemoryPolicy.AllKeysLfu or MaxMemoryPolicy.VolatileLfu:
                RdbOutput.Byte(ref output, (int)RdbOpcode.Frequency);
                RdbOutput.Byte(ref output, AccessFrequency.CounterOf(entry.AccessClock, nowMs, options));
                break;
            default:
                break;
        }
        RdbOutput.Byte(ref output, (int)RdbValueWriter.TypeOf(entry));
        RdbOutput.String(ref output, entry.Key, null);
    }
}
