using System.Globalization;
using System.Text;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Server;

/// <summary>The subcommands of DEBUG that touch keys: OBJECT, SDSLEN, HTSTATS, POPULATE and the like. Control plane.</summary>
internal static unsafe class DebugKeys
{
    /// <summary>OBJECT.</summary>
    public static void Describe(ref CommandContext context)
    {
        if (!TryFind(ref context, out var entry))
            return;
        Span<byte> bytes = stackalloc byte[256];
        var text = new SpanText(bytes);
        text.Add("Value at:0x"u8);
        text.AddAscii(((nuint)entry.Value).ToString("x"));
        text.Add(" refcount:"u8);
        text.Add(ValueFacts.ReferencesOf(entry, context.Partition.Options));
        text.Add(" encoding:"u8);
        text.Add(Values.EncodingName(entry));
        text.Add(" serializedlength:"u8);
        text.Add(ValueFacts.SerializedLengthOf(context.Partition.Values, entry));
        text.Add(" lru:"u8);
        text.Add(entry.AccessClock);
        text.Add(" lru_seconds_idle:"u8);
        text.Add(AccessClock.IdleSeconds(entry.AccessClock, context.NowMs));
        if (entry is { Type: Structures.ValueType.List, Encoding: ValueEncoding.QuickList })
            AddNodes(ref text, ref context, entry);
        context.Reply.SimpleString(text.Written);
    }

    /// <summary>SDSLEN, of the bytes that stand in for Redis's sds: the entry's block, and the value's buffer if it has one.</summary>
    public static void StringLengths(ref CommandContext context)
    {
        if (!TryFind(ref context, out var entry))
            return;
        if (entry.Type != Structures.ValueType.String || entry.Encoding == ValueEncoding.Int)
        {
            context.Reply.Error(Errors.NotAnSds);
            return;
        }
        long length = StringEntry.Length(entry.Block);
        long block = NativeHeap.UsableSize(entry.BlockBytes);
        long buffer = StringEntry.MemoryBytes(entry.Block) - block;
        Span<byte> bytes = stackalloc byte[256];
        var text = new SpanText(bytes);
        text.Add("key_sds_len:"u8);
        text.Add(entry.KeyLength);
        text.Add(", key_sds_avail:0, key_zmalloc: "u8);
        text.Add(block);
        text.Add(", val_sds_len:"u8);
        text.Add(length);
        text.Add(", val_sds_avail:"u8);
        text.Add(entry.IsExternal ? buffer - length : 0);
        text.Add(", val_zmalloc: "u8);
        text.Add(entry.IsExternal ? buffer : length);
        context.Reply.SimpleString(text.Written);
    }

    /// <summary>LISTPACK and QUICKLIST: Redis prints the structure on its standard output; here its size goes to the log.</summary>
    public static void Print(ref CommandContext context, bool isQuicklist)
    {
        if (!TryFind(ref context, out var entry))
            return;
        bool fits = isQuicklist ? entry.Encoding == ValueEncoding.QuickList : entry.Encoding is ValueEncoding.Listpack or ValueEncoding.ListpackEx;
        if (!fits)
        {
            context.Reply.Error(isQuicklist ? Errors.NotAQuicklist : Errors.NotAListpack);
            return;
        }
        long bytes = Values.MemoryBytes(context.Partition.Values, entry, samples: 0);
        context.Client.Loop.Server.Log.Warning(
            $"{Encoding.Latin1.GetString(entry.Key)}: {Encoding.ASCII.GetString(Values.EncodingName(entry))} of {bytes} bytes");
        context.Reply.SimpleString(isQuicklist ? "Quicklist structure printed on stdout"u8 : "Listpack structure printed on stdout"u8);
    }

    /// <summary>HTSTATS-KEY, for values around a table.</summary>
    public static void ValueTableStatistics(ref CommandContext context)
    {
        if (!TryFind(ref context, out var entry))
            return;
        if (entry.Encoding is not (ValueEncoding.HashTable or ValueEncoding.SkipList))
        {
            context.Reply.Error(Errors.NotAHashTable);
            return;
        }
        long count = entry.Type switch
        {
            Structures.ValueType.Set => SetValue.Count(entry),
            Structures.ValueType.SortedSet => SortedSetValue.Count(entry),
            _ => HashValue.Count(entry),
        };
        long bytes = Values.MemoryBytes(context.Partition.Values, entry, samples: 0);
        string text = $"Hash table 0 stats (main hash table):\n number of elements: {count}\n bytes with elements: {bytes}\n"
            + $" bytes per element: {(double)bytes / count:F2}\n";
        context.Reply.VerbatimString(Encoding.ASCII.GetBytes(text), "txt"u8);
    }

    /// <summary>HTSTATS: a paragraph for the table of each shard.</summary>
    public static void TableStatistics(ref CommandContext context)
    {
        if (!context.TryInteger(2, out long index))
            return;
        if (index < 0 || index >= context.Partition.Databases.Length)
        {
            context.Reply.Error(Errors.DebugDatabase);
            return;
        }
        var keys = new StringBuilder("[Dictionary HT]\n");
        var expires = new StringBuilder("[Expires HT]\n");
        foreach (var partition in context.Partitions)
        {
            var database = partition.Databases[index];
            keys.Append($"Hash table {partition.Index} stats (shard {partition.Index}):\n");
            expires.Append($"Hash table {partition.Index} stats (shard {partition.Index}):\n");
            keys.Append(database.Count == 0
                ? "No stats available for empty dictionaries\n"
                : $" number of elements: {database.Count}\n table bytes: {database.TableBytes}\n bytes per element: {(double)database.TableBytes / database.Count:F2}\n");
            expires.Append(database.VolatileCount == 0
                ? "No stats available for empty dictionaries\n"
                : $" number of elements: {database.VolatileCount}\n table bytes: 0 (expiries stand in the entries)\n");
        }
        context.Reply.VerbatimString(Encoding.ASCII.GetBytes(keys.Append(expires).ToString()), "txt"u8);
    }

    /// <summary>POPULATE count [prefix] [size]: keys that exist already stay as they are.</summary>
    public static void Populate(ref CommandContext context)
    {
        long size = 0;
        if (!TryPositive(ref context, 2, out long count) || (context.Count == 5 && !TryPositive(ref context, 4, out size)))
            return;
        var prefix = context.Count > 3 ? context[3] : "key"u8;
        var keyBytes = new byte[prefix.Length + 1 + NumberText.Int64CharsMax];
        prefix.CopyTo(keyBytes);
        keyBytes[prefix.Length] = (byte)':';
        var value = new byte[size == 0 ? "value:"u8.Length + NumberText.Int64CharsMax : size];
        fixed (byte* start = keyBytes)
        {
            for (long i = 0; i < count; i++)
            {
                int length = prefix.Length + 1 + NumberText.Format(start + prefix.Length + 1, i);
                var key = new Key(start, length, context.Partition.Routing.Hash(start, length));
                var database = context.Database(key);
                if (!database.Contains(key))
                    database.SetString(key, ValueOf(value, i, size));
            }
        }
        context.Reply.Ok();
    }

    /// <summary>"value:n", cut or filled with zeros to <paramref name="size"/> bytes if that is not 0.</summary>
    private static ReadOnlySpan<byte> ValueOf(byte[] buffer, long number, long size)
    {
        Span<byte> bytes = stackalloc byte[32];
        var text = new SpanText(bytes);
        text.Add("value:"u8);
        text.Add(number);
        int length = (int)Math.Min(text.Written.Length, buffer.Length);
        text.Written[..length].CopyTo(buffer);
        return size == 0 ? buffer.AsSpan(0, length) : buffer;
    }

    private static bool TryPositive(ref CommandContext context, int index, out long value)
    {
        if (NumberText.TryParseInt64(context[index], out value) && value is >= 0 and <= int.MaxValue)
            return true;
        context.Reply.Error(Errors.NotPositive);
        return false;
    }

    /// <summary>What DEBUG OBJECT tells of a quicklist; nodes are never compressed.</summary>
    private static void AddNodes(ref SpanText text, ref CommandContext context, EntryRef entry)
    {
        long nodes = ListValue.NodeCount(entry, out long bytes);
        text.Add(" ql_nodes:"u8);
        text.Add(nodes);
        text.Add(" ql_avg_node:"u8);
        text.AddAscii(((double)ListValue.Count(entry) / nodes).ToString("F2", CultureInfo.InvariantCulture));
        text.Add(" ql_listpack_max:"u8);
        text.Add(context.Partition.Options.CompactLimits.ListSize);
        text.Add(" ql_compressed:0 ql_uncompressed_size:"u8);
        text.Add(bytes);
    }

    private static bool TryFind(ref CommandContext context, out EntryRef entry)
    {
        var key = context.Key(2);
        entry = context.Database(key).Peek(key);
        if (!entry.IsNull)
            return true;
        context.Reply.Error(Errors.NoSuchKey);
        return false;
    }
}
