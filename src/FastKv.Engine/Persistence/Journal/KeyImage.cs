using FastKv.Engine.Commands.Streams;
using FastKv.Engine.Keyspace;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Persistence.Journal;

// Data plane. A key as the commands that make it, as Redis writes it into an AOF without RDB preamble: 64 elements to a command.

/// <summary>Writes keys as commands. O(n) in the bytes of the value.</summary>
internal static unsafe class KeyImage
{
    private const int ElementsPerCommand = 64;

    /// <summary>Appends the commands that make a key which is not there.</summary>
    /// <returns>How many commands.</returns>
    public static int Write(ref NativeBuffer text, EntryRef entry, Database database)
    {
        var key = entry.Key;
        int commands = entry.Type switch
        {
            ValueType.String => WriteString(ref text, key, entry),
            ValueType.List => WriteList(ref text, key, entry),
            ValueType.Set => WriteSet(ref text, key, entry, database),
            ValueType.SortedSet => WriteSortedSet(ref text, key, entry, database),
            ValueType.Hash => WriteHash(ref text, key, entry, database),
            _ => WriteStream(ref text, key, StreamValue.Of(entry), database.Heap),
        };
        if (!entry.HasExpiry)
            return commands;
        Begin(ref text, 3, "PEXPIREAT"u8, key);
        EffectText.Argument(ref text, entry.ExpiryMs);
        return commands + 1;
    }

    private static void Begin(ref NativeBuffer text, int count, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
        EffectText.Header(ref text, count);
        EffectText.Argument(ref text, name);
        EffectText.Argument(ref text, key);
    }

    private static int WriteString(ref NativeBuffer text, ReadOnlySpan<byte> key, EntryRef entry)
    {
        Span<byte> scratch = stackalloc byte[NumberText.Int64CharsMax];
        Begin(ref text, 3, "SET"u8, key);
        EffectText.Argument(ref text, StringEntry.Read(entry.Block, scratch));
        return 1;
    }

    private static int WriteList(ref NativeBuffer text, ReadOnlySpan<byte> key, EntryRef entry)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var batch = new Batch("RPUSH"u8, key, 1, ListValue.Count(entry));
        var elements = ListValue.Iterate(entry);
        while (elements.MoveNext())
        {
            batch.Next(ref text);
            EffectText.Argument(ref text, elements.Text(scratch));
        }
        return batch.Commands;
    }

    private static int WriteSet(ref NativeBuffer text, ReadOnlySpan<byte> key, EntryRef entry, Database database)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var batch = new Batch("SADD"u8, key, 1, SetValue.Count(entry));
        var members = SetValue.Iterate(database.Values, entry);
        while (members.MoveNext())
        {
            batch.Next(ref text);
            EffectText.Argument(ref text, members.Text(scratch));
        }
        return batch.Commands;
    }

    private static int WriteSortedSet(ref NativeBuffer text, ReadOnlySpan<byte> key, EntryRef entry, Database database)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        Span<byte> score = stackalloc byte[128];
        var batch = new Batch("ZADD"u8, key, 2, SortedSetValue.Count(entry));
        var members = SortedSetValue.FromRank(database.Values, entry, 0);
        while (members.MoveNext())
        {
            batch.Next(ref text);
            EffectText.Argument(ref text, score[..NumberText.FormatDouble17(score, members.Score)]);
            EffectText.Argument(ref text, members.Member(scratch));
        }
        return batch.Commands;
    }

    private static int WriteHash(ref NativeBuffer text, ReadOnlySpan<byte> key, EntryRef entry, Database database)
    {
        long nowMs = database.Partition.NowMs;
        NativeBuffer pairs = default;
        fixed (byte* keyBytes = key)
        {
            var visitor = new FieldVisitor
            {
                Text = text,
                Key = keyBytes,
                KeyLength = key.Length,
                Pairs = pairs,
                Hash = entry,
                Database = database,
                NowMs = nowMs,
            };
            HashValue.VisitAll(database.Values, entry, nowMs, ref visitor);
            visitor.FlushPairs();
            if (HashValue.MayExpireFields(entry))
            {
                visitor.IsWritingTimes = true;
                HashValue.VisitAll(database.Values, entry, nowMs, ref visitor);
            }
            visitor.Pairs.Release();
            text = visitor.Text;
            return visitor.Commands;
        }
    }

    private static int WriteStream(ref NativeBuffer text, ReadOnlySpan<byte> key, StreamState* stream, NativeHeap heap)
    {
        int commands = 0;
        if (stream->Length > 0)
        {
            var entries = StreamState.Range(heap, stream, StreamId.Zero, StreamId.Max);
            while (entries.MoveNext())
            {
                Begin(ref text, 3 + 2 * entries.FieldCount, "XADD"u8, key);
                AddId(ref text, entries.Id);
                var items = entries.Items;
                for (int i = 0; i < entries.FieldCount; i++)
                {
                    AddItem(ref text, items.NextField());
                    AddItem(ref text, items.NextValue());
                }
                commands++;
            }
            entries.Dispose();
        }
        else
        {
            // An entry that is trimmed at once makes an empty stream.
            Begin(ref text, 7, "XADD"u8, key);
            EffectText.Argument(ref text, "MAXLEN"u8);
            EffectText.Argument(ref text, "0"u8);
            EffectText.Argument(ref text, "0-1"u8);
            EffectText.Argument(ref text, "x"u8);
            EffectText.Argument(ref text, "y"u8);
            commands++;
        }
        Begin(ref text, 7, "XSETID"u8, key);
        AddId(ref text, stream->Last);
        EffectText.Argument(ref text, "ENTRIESADDED"u8);
        EffectText.Argument(ref text, stream->EntriesAdded);
        EffectText.Argument(ref text, "MAXDELETEDID"u8);
        AddId(ref text, stream->MaxDeleted);
        commands++;
        for (int i = 0; i < stream->Groups.Count; i++)
            commands += WriteGroup(ref text, key, (StreamGroup*)stream->Groups[i]);
        return commands;
    }

    private static int WriteGroup(ref NativeBuffer text, ReadOnlySpan<byte> key, StreamGroup* group)
    {
        int commands = 1;
        BeginGroup(ref text, 7, "CREATE"u8, key, group);
        AddId(ref text, group->LastId);
        EffectText.Argument(ref text, "ENTRIESREAD"u8);
        EffectText.Argument(ref text, group->EntriesRead);
        for (int i = 0; i < group->Consumers.Count; i++)
        {
            var consumer = (StreamConsumer*)group->Consumers[i];
            BeginGroup(ref text, 5, "CREATECONSUMER"u8, key, group);
            EffectText.Argument(ref text, StreamConsumer.NameOf(consumer));
            commands++;
            for (var pending = consumer->Pending.First; pending.IsValid; pending.MoveNext())
            {
                var delivery = (StreamPending*)pending.Value;
                Begin(ref text, 12, "XCLAIM"u8, key);
                EffectText.Argument(ref text, StreamGroup.NameOf(group));
                EffectText.Argument(ref text, StreamConsumer.NameOf(consumer));
                EffectText.Argument(ref text, "0"u8);
                AddId(ref text, pending.Id);
                EffectText.Argument(ref text, "TIME"u8);
                EffectText.Argument(ref text, delivery->DeliveryMs);
                EffectText.Argument(ref text, "RETRYCOUNT"u8);
                EffectText.Argument(ref text, delivery->DeliveryCount);
                EffectText.Argument(ref text, "JUSTID"u8);
                EffectText.Argument(ref text, "FORCE"u8);
                commands++;
            }
        }
        return commands;
    }

    private static void BeginGroup(ref NativeBuffer text, int count, ReadOnlySpan<byte> subcommand, ReadOnlySpan<byte> key, StreamGroup* group)
    {
        EffectText.Header(ref text, count);
        EffectText.Argument(ref text, "XGROUP"u8);
        EffectText.Argument(ref text, subcommand);
        EffectText.Argument(ref text, key);
        EffectText.Argument(ref text, StreamGroup.NameOf(group));
    }

    private static void AddId(ref NativeBuffer text, StreamId id)
    {
        byte* digits = stackalloc byte[64];
        EffectText.Argument(ref text, new ReadOnlySpan<byte>(digits, StreamReplies.Format(id, digits)));
    }

    private static void AddItem(ref NativeBuffer text, StreamItem item)
    {
        if (item.IsInteger)
            EffectText.Argument(ref text, item.Integer);
        else
            EffectText.Argument(ref text, item.Bytes);
    }

    /// <summary>Begins commands for a known number of elements, each of some arguments.</summary>
    private ref struct Batch(ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, int argumentsPerElement, long elements)
    {
        private readonly ReadOnlySpan<byte> _name = name;
        private readonly ReadOnlySpan<byte> _key = key;
        private long _left = elements;
        private int _leftInCommand;

        public int Commands;

        /// <summary>Before each element.</summary>
        public void Next(ref NativeBuffer text)
        {
            if (_leftInCommand == 0)
            {
                _leftInCommand = (int)Math.Min(_left, ElementsPerCommand);
                _left -= _leftInCommand;
                Begin(ref text, 2 + _leftInCommand * argumentsPerElement, _name, _key);
                Commands++;
            }
            _leftInCommand--;
        }
    }

    /// <summary>Writes fields and values, and then the times of those that expire; how many have not expired is not known before.</summary>
    private struct FieldVisitor : IFieldVisitor
    {
        public NativeBuffer Text, Pairs;
        public byte* Key;
        public int KeyLength;
        public EntryRef Hash;
        public Database Database;
        public long NowMs;
        public bool IsWritingTimes;
        public int Commands;
        private int _pairs;

        public void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value)
        {
            if (IsWritingTimes)
            {
                WriteTime(field);
                return;
            }
            EffectText.Argument(ref Pairs, field);
            EffectText.Argument(ref Pairs, value);
            if (++_pairs == ElementsPerCommand)
                FlushPairs();
        }

        public void FlushPairs()
        {
            if (_pairs == 0)
                return;
            Begin(ref Text, 2 + 2 * _pairs, "HMSET"u8, new ReadOnlySpan<byte>(Key, KeyLength));
            Text.Append(Pairs.Data, Pairs.Length);
            Pairs.Length = 0;
            _pairs = 0;
            Commands++;
        }

        private void WriteTime(scoped ReadOnlySpan<byte> field)
        {
            var position = HashValue.Find(Database.Values, Hash.Block, field, NowMs);
            long expiryMs = HashValue.ExpiryMs(Hash.Block, position);
            if (expiryMs == 0)
                return;
            Begin(ref Text, 6, "HPEXPIREAT"u8, new ReadOnlySpan<byte>(Key, KeyLength));
            EffectText.Argument(ref Text, expiryMs);
            EffectText.Argument(ref Text, "FIELDS"u8);
            EffectText.Argument(ref Text, "1"u8);
            EffectText.Argument(ref Text, field);
            Commands++;
        }
    }
}
