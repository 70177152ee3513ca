using System.Text;
using FastKv.Memory;
using FastKv.Structures;
using Xunit;

namespace FastKv.Tests.Hashes;

/// <summary>Hashes in all their encodings, against a model, under the guarded heap.</summary>
public sealed unsafe class HashValueTests : IDisposable
{
    private const long Start = 1_800_000_000_000;
    private readonly NativeHeap _heap = new("hashes", guarded: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Throws when a block has leaked.
        _heap.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A hash that is built in one go is, byte for byte, the one that is made field by field; or it is not built, and nothing leaks.</summary>
    [Theory]
    [InlineData(1, 6, 64)]
    [InlineData(2, 512, 64)]
    [InlineData(3, 20, 5000)]
    public void A_hash_built_in_one_go_equals_one_made_field_by_field(int seed, long entriesMax, long valueBytesMax)
    {
        var values = new ValueHeap(_heap, 0x1234_5678_9ABC_DEF0, new CompactLimits { HashEntries = entriesMax, HashValueBytes = valueBytesMax });
        var random = new Random(seed);
        int built = 0, refused = 0;
        for (int round = 0; round < 400; round++)
        {
            (byte[] Field, byte[] Value)[] pairs = [.. Enumerable.Range(0, random.Next(1, 12))
                .Select(_ => (Encoding.Latin1.GetBytes(Name(random, 60)), Encoding.Latin1.GetBytes(Value(random))))];
            byte* expected = HashValue.Create(values, "key"u8, 5);
            foreach ((byte[] field, byte[] value) in pairs)
                expected = HashValue.Put(values, expected, HashValue.Find(values, expected, field, Start), field, value, 0, Start);
            bool isOnce = pairs.Select(p => Encoding.Latin1.GetString(p.Field)).Distinct().Count() == pairs.Length;
            byte* made = Build(values, pairs);
            Assert.Equal(isOnce && !new EntryRef(expected).IsPointer, made != null);
            if (made == null)
            {
                refused++;
            }
            else
            {
                built++;
                byte* wanted = CompactValue.Bytes(expected, out int wantedLength);
                byte* bytes = CompactValue.Bytes(made, out int length);
                Assert.True(new ReadOnlySpan<byte>(wanted, wantedLength).SequenceEqual(new ReadOnlySpan<byte>(bytes, length)), $"seed {seed}, round {round}");
                Assert.Equal(new EntryRef(expected).Encoding, new EntryRef(made).Encoding);
                CompactValue.Free(_heap, made);
            }
            int budget = int.MaxValue;
            HashValue.Free(values, expected, ref budget);
        }
        Assert.True(built > 40 && refused > 40, $"{built} built, {refused} refused");
    }

    [Theory]
    [InlineData(1, 0, 64, 40, 3000)]
    [InlineData(2, 8, 64, 14, 3000)]
    [InlineData(3, 512, 64, 60, 4000)]
    [InlineData(4, 512, 5000, 30, 2000)]
    [InlineData(5, 4, 8, 3000, 12000)]
    [InlineData(6, 100_000, 64, 400, 3000)]
    public void A_hash_agrees_with_its_model(int seed, long entriesMax, long valueBytesMax, int names, int steps)
    {
        var values = new ValueHeap(_heap, 0x1234_5678_9ABC_DEF0, new CompactLimits { HashEntries = entriesMax, HashValueBytes = valueBytesMax });
        var random = new Random(seed);
        var model = new Dictionary<string, (string Value, long ExpiryMs)>();
        long now = Start;
        byte* entry = HashValue.Create(values, "key"u8, 0);
        Span<byte> scratch = stackalloc byte[HashValue.ScratchBytes];
        for (int step = 0; step < steps; step++)
        {
            now += random.Next(0, 3);
            string name = Name(random, names);
            byte[] field = Encoding.Latin1.GetBytes(name);
            FieldPosition position = HashValue.Find(values, entry, field, now);
            bool isThere = model.TryGetValue(name, out var known) && !IsOver(known.ExpiryMs, now);
            Assert.True(isThere == position.Exists, $"seed {seed}, step {step}");
            if (isThere)
            {
                Assert.Equal(known.Value, Text(HashValue.Value(entry, position, scratch)));
                Assert.Equal(known.Value.Length, HashValue.ValueLength(entry, position));
                Assert.Equal(known.ExpiryMs, HashValue.ExpiryMs(entry, position));
            }

            switch (random.Next(12))
            {
                case < 5:
                    string value = Value(random);
                    long expiryMs = random.Next(6) switch { 0 => now + random.Next(1, 2000), 1 => HashValue.KeepExpiry, _ => 0 };
                    entry = HashValue.Put(values, entry, position, field, Encoding.Latin1.GetBytes(value), expiryMs, now);
                    model[name] = (value, expiryMs == HashValue.KeepExpiry ? (isThere ? known.ExpiryMs : 0) : expiryMs);
                    break;
                case < 8 when isThere:
                    entry = HashValue.Remove(values, entry, position);
                    model.Remove(name);
                    break;
                case 8 when isThere:
                    long next = random.Next(4) == 0 ? 0 : now + random.Next(1, 20_000);
                    entry = HashValue.SetExpiry(values, entry, position, field, next, now);
                    model[name] = (known.Value, next);
                    break;
                case 9:
                    entry = Sweep(values, entry, model, now, random.Next(1, 400));
                    break;
                case 10 when random.Next(20) == 0:
                    byte* copy = HashValue.Copy(values, values, entry, "a longer key"u8);
                    Assert.Equal(new EntryRef(entry).Encoding, new EntryRef(copy).Encoding);
                    Check(values, copy, model, now);
                    Free(values, entry, random.Next(1, 100));
                    entry = copy;
                    break;
                default:
                    if (random.Next(40) == 0)
                        Check(values, entry, model, now);
                    break;
            }
        }

        Check(values, entry, model, now);
        now += 30_000;
        for (; HashValue.NextExpiryMs(new EntryRef(entry)) != 0; now += 100)
            entry = Sweep(values, entry, model, now, 100);
        Assert.Equal(model.Count, HashValue.Count(new EntryRef(entry)));
        Free(values, entry, 7);
    }

    [Fact]
    public void Encodings_change_at_the_thresholds()
    {
        var values = new ValueHeap(_heap, 1, new CompactLimits { HashEntries = 3, HashValueBytes = 10 });
        byte* entry = HashValue.Create(values, "k"u8, 0);
        foreach (string name in new[] { "a", "b", "c" })
            entry = Put(values, entry, name, "0123456789", 0);
        Assert.Equal(ValueEncoding.Listpack, new EntryRef(entry).Encoding);
        entry = Put(values, entry, "b", "1", Start + 1);
        Assert.Equal(ValueEncoding.ListpackEx, new EntryRef(entry).Encoding);
        Assert.True(HashValue.MayExpireFields(new EntryRef(entry)));
        Assert.Equal(Start + 1, HashValue.NextExpiryMs(new EntryRef(entry)));
        Assert.Equal(Start + 1, KeyEntryLayout.ExpiryOf(entry));
        entry = Put(values, entry, "d", "1", 0);
        Assert.Equal(ValueEncoding.HashTable, new EntryRef(entry).Encoding);
        Assert.Equal(Start + 1, KeyEntryLayout.ExpiryOf(entry));
        Free(values, entry, 100);

        entry = Put(values, HashValue.Create(values, "k"u8, 0), "a", "0123456789x", 0);
        Assert.Equal(ValueEncoding.HashTable, new EntryRef(entry).Encoding);
        Assert.False(HashValue.MayExpireFields(new EntryRef(entry)));
        Assert.Equal(-1, KeyEntryLayout.ExpiryOf(entry));
        Free(values, entry, 100);
    }

    [Theory]
    [InlineData(100_000, 40)]
    [InlineData(4, 40)]
    [InlineData(4, 3000)]
    public void Drawn_fields_are_spread_and_distinct(long entriesMax, int fields)
    {
        var values = new ValueHeap(_heap, 7, new CompactLimits { HashEntries = entriesMax });
        byte* entry = HashValue.Create(values, "k"u8, 0);
        for (int i = 0; i < fields; i++)
            entry = Put(values, entry, "f" + i, "v" + i, 0);
        var random = new RandomSource(99);
        foreach (int count in new[] { 1, 3, fields / 4, fields / 2, fields - 1, fields, fields + 5 })
        {
            var distinct = new Collector { Fields = [] };
            HashValue.DrawDistinct(values, new EntryRef(entry), count, Start, ref random, ref distinct);
            Assert.Equal(Math.Min(count, fields), distinct.Fields.Count);
            Assert.Equal(distinct.Fields.Count, distinct.Fields.Select(f => f.Name).Distinct().Count());
            Assert.All(distinct.Fields, f => Assert.Equal("v" + f.Name[1..], f.Value));
        }

        var repeated = new Collector { Fields = [] };
        HashValue.DrawRepeated(values, new EntryRef(entry), fields * 40, Start, ref random, ref repeated);
        Assert.Equal(fields * 40, repeated.Fields.Count);
        int seen = repeated.Fields.Select(f => f.Name).Distinct().Count();
        Assert.True(seen > fields * 0.99, $"{seen} of {fields} fields were drawn");
        Free(values, entry, 1000);
    }

    [Fact]
    public void A_scan_sees_all_that_stays_while_the_hash_grows()
    {
        var values = new ValueHeap(_heap, 11, new CompactLimits { HashEntries = 0 });
        byte* entry = HashValue.Create(values, "k"u8, 0);
        for (int i = 0; i < 500; i++)
            entry = Put(values, entry, "f" + i, "v", 0);
        var seen = new Collector { Fields = [] };
        ulong cursor = 0;
        int added = 0;
        do
        {
            cursor = HashValue.Scan(values, new EntryRef(entry), cursor, Start, ref seen);
            for (int i = 0; i < 20; i++)
                entry = Put(values, entry, "new" + added++, "v", 0);
        }
        while (cursor != 0);
        Assert.Equal(500, seen.Fields.Select(f => f.Name).Where(n => n[0] == 'f').Distinct().Count());
        Free(values, entry, 1000);
    }

    [Fact]
    public void A_field_of_eight_bytes_with_a_value_of_eight_takes_about_32_bytes()
    {
        using var heap = new NativeHeap("measured");
        var values = new ValueHeap(heap, 5, new CompactLimits());
        byte* entry = HashValue.Create(values, "k"u8, 0);
        const int Fields = 100_000;
        for (int i = 0; i < Fields; i++)
            entry = Put(values, entry, i.ToString("x8"), i.ToString("d8"), 0);
        double each = (double)heap.UsedBytes / Fields;
        Assert.InRange(each, 24, 33);
        Assert.InRange(HashValue.MemoryBytes(values, new EntryRef(entry), 5), heap.UsedBytes * 0.99, heap.UsedBytes * 1.01);
        Free(values, entry, 1000);
    }

    private static byte* Put(ValueHeap values, byte* entry, string name, string value, long expiryMs)
    {
        byte[] field = Encoding.Latin1.GetBytes(name);
        return HashValue.Put(values, entry, HashValue.Find(values, entry, field, Start), field, Encoding.Latin1.GetBytes(value), expiryMs, Start);
    }

    private static byte* Sweep(ValueHeap values, byte* entry, Dictionary<string, (string Value, long ExpiryMs)> model, long now, int budget)
    {
        long before = HashValue.Count(new EntryRef(entry));
        var going = new Collector { Fields = [] };
        entry = HashValue.Sweep(values, entry, now, ref budget, ref going, out long removed, out bool isDone);
        Assert.Equal(before - removed, HashValue.Count(new EntryRef(entry)));
        Assert.Equal(removed, going.Fields.Count);

        // The model forgets a field as soon as somebody finds it expired.
        Assert.All(going.Fields, field => Assert.True(!model.TryGetValue(field.Name, out var was) || (was.Value == field.Value && IsOver(was.ExpiryMs, now))));
        if (!isDone)
            return entry;
        foreach (string name in model.Where(f => IsOver(f.Value.ExpiryMs, now)).Select(f => f.Key).ToArray())
            model.Remove(name);
        return entry;
    }

    private static void Check(ValueHeap values, byte* entry, Dictionary<string, (string Value, long ExpiryMs)> model, long now)
    {
        var collector = new Collector { Fields = [] };
        HashValue.VisitAll(values, new EntryRef(entry), now, ref collector);
        var expected = model.Where(f => !IsOver(f.Value.ExpiryMs, now)).Select(f => (f.Key, f.Value.Value)).Order();
        Assert.Equal(expected, collector.Fields.Order());
        long nextMs = model.Values.Where(f => f.ExpiryMs > 0).Select(f => f.ExpiryMs).DefaultIfEmpty(0).Min();
        long hintMs = HashValue.NextExpiryMs(new EntryRef(entry));
        if (nextMs > 0 && !IsOver(nextMs, now))
            Assert.InRange(hintMs, 1, nextMs);
    }

    private static void Free(ValueHeap values, byte* entry, int step)
    {
        int budget = step;
        while (!HashValue.Free(values, entry, ref budget))
            budget = step;
    }

    private static bool IsOver(long expiryMs, long now) => expiryMs > 0 && expiryMs <= now;

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static byte* Build(ValueHeap values, (byte[] Field, byte[] Value)[] pairs)
    {
        var builder = new SmallHashBuilder(values);
        foreach ((byte[] field, byte[] value) in pairs)
        {
            if (!builder.TryMeasure(field, value))
                return null;
        }
        builder.Start("key"u8, 5);
        foreach ((byte[] field, byte[] value) in pairs)
        {
            if (!builder.TryAdd(field, value))
                return null;
        }
        return builder.Finish();
    }

    private static string Name(Random random, int names)
    {
        int n = random.Next(names);
        return (n % 7) switch { 0 => n.ToString(), 1 => "-" + n, 2 => new string('n', n % 300) + n, _ => "field:" + n };
    }

    private static string Value(Random random) => random.Next(8) switch
    {
        0 => "",
        1 or 2 => random.NextInt64().ToString(),
        3 => random.Next(200).ToString(),
        4 => new string('v', random.Next(40, 70)),
        5 when random.Next(30) == 0 => new string('w', random.Next(200, 9000)),
        _ => "value" + random.Next(1000),
    };

    private struct Collector : IFieldVisitor
    {
        public List<(string Name, string Value)> Fields;

        public readonly void Visit(scoped ReadOnlySpan<byte> field, scoped ReadOnlySpan<byte> value) => Fields.Add((Text(field), Text(value)));
    }
}
