using System.Buffers.Binary;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Structures.Encoding;

namespace FastKv.Tests.Persistence;

/// <summary>A value of many parts, as bytes of an RDB file: type and what follows the key.</summary>
/// <param name="Type">How it is written.</param>
/// <param name="Name">What it is, for messages.</param>
/// <param name="Body">Its bytes.</param>
/// <param name="StepsMin">So many steps it takes at least, if none does more than it may.</param>
internal sealed record LargeValue(RdbType Type, string Name, byte[] Body, int StepsMin)
{
    public override string ToString() => Name;
}

/// <summary>Values of many parts, of every type that is read in parts.</summary>
internal static unsafe class LargeValues
{
    public const int Elements = 6000;
    private const int StepsMin = Elements / 256;
    private const int Blocks = 700;
    private const long FarFutureMs = 4_000_000_000_000;

    public static IEnumerable<LargeValue> All(Random random)
    {
        string[] names = [.. Enumerable.Range(0, Elements).Select(i => i % 3 == 0 ? $"{i}" : $"element:{i}")];
        int[] order = [.. Enumerable.Range(0, Elements)];
        random.Shuffle(order);
        yield return Of(RdbType.List, "list", Elements, i => LegacyValues.Text(names[i]));
        yield return Of(RdbType.ListQuicklist, "list of ziplists", Blocks, i => LegacyValues.Text(LegacyValues.Ziplist($"{i}", "b", new string('c', i)))) with { StepsMin = Blocks / 32 };
        yield return Of(RdbType.ListQuicklist2, "list of listpacks", Blocks, i => i % 7 == 0
            ? [1, .. LegacyValues.Text(new string('p', i))]
            : [2, .. LegacyValues.Text(LegacyValues.Listpack($"{i}", "b", new string('c', i % 50)))]) with
        { StepsMin = Blocks / 32 };
        yield return Of(RdbType.Set, "set", Elements, i => LegacyValues.Text(names[i]));
        yield return Of(RdbType.Hash, "hash", Elements, i => [.. LegacyValues.Text(names[i]), .. LegacyValues.Text(new string('v', i % 100))]);
        yield return Of(RdbType.SortedSet, "sorted set, scores as text", Elements, i => [.. LegacyValues.Text(names[i]), .. LegacyValues.Text($"{i * 7919 % 1000}.5")]);
        yield return Scored("ascending", i => i);
        yield return Scored("descending", i => Elements - i);
        yield return Scored("in no order", i => order[i]);
        yield return Scored("with equal scores", i => order[i] % 10);
        yield return Of(RdbType.HashTimesPreRelease, "hash with times", Elements, i =>
            [.. LegacyValues.Length(i % 2 == 0 ? 0 : FarFutureMs + (ulong)i), .. LegacyValues.Text(names[i]), .. LegacyValues.Text("v")]);
        var relative = Of(RdbType.HashTimes, "hash with relative times", Elements, i =>
            [.. LegacyValues.Length(i % 2 == 0 ? 0 : (ulong)i), .. LegacyValues.Text(names[i]), .. LegacyValues.Text("v")]);
        yield return relative with { Body = [.. BitConverter.GetBytes(FarFutureMs), .. relative.Body] };
        yield return Of(RdbType.HashTimesValkey, "hash of Valkey", Elements, i =>
            [.. LegacyValues.Text(names[i]), .. LegacyValues.Text("v"), .. BitConverter.GetBytes(i % 2 == 0 ? -1 : FarFutureMs + i)]);
        foreach (var type in new[] { RdbType.StreamListpacks, RdbType.StreamListpacks2, RdbType.StreamListpacks3 })
            yield return Stream(type);
        byte[] text = [.. Enumerable.Range(0, 2_000_000).Select(i => (byte)('a' + (i / 1000 % 26)))];
        random.NextBytes(text.AsSpan(500_000, 1_000_000));
        yield return new LargeValue(RdbType.String, "string", LegacyValues.Text(text), text.Length >> 18);
        yield return new LargeValue(RdbType.String, "compressed string", Compressed(text), text.Length >> 19);
        yield return new LargeValue(RdbType.String, "compressed string of nothing but one byte", Compressed(new byte[5_000_000]), 5_000_000 >> 19);

        LargeValue Scored(string name, Func<int, double> scoreOf) =>
            Of(RdbType.SortedSet2, $"sorted set {name}", Elements, i => [.. LegacyValues.Text(names[i]), .. BitConverter.GetBytes(scoreOf(i))]);
    }

    private static LargeValue Of(RdbType type, string name, int parts, Func<int, byte[]> part) =>
        new(type, name, [.. LegacyValues.Length((ulong)parts), .. Enumerable.Range(0, parts).SelectMany(part)], StepsMin);

    private static byte[] Compressed(byte[] text)
    {
        byte[] packed = new byte[text.Length + (text.Length / 16)];
        var memory = new LzfMemory();
        fixed (byte* from = text, to = packed)
        {
            int bytes = Lzf.Compress(&memory, from, text.Length, to, packed.Length);
            return [0xC3, .. LegacyValues.Length((ulong)bytes), .. LegacyValues.Length((ulong)text.Length), .. packed[..bytes]];
        }
    }

    // Blocks of two entries and a deleted one; two groups, whose consumers have entries pending.
    private static LargeValue Stream(RdbType type)
    {
        byte[] entries = LegacyValues.Listpack(
            "2", "1", "1", "name", "0", "2", "0", "0", "first", "4", "3", "0", "1", "gone", "4", "0", "3", "0", "1", "other", "value", "6");
        bool isOld = type == RdbType.StreamListpacks;
        var body = new List<byte>();
        body.AddRange(LegacyValues.Length(Blocks));
        for (int i = 0; i < Blocks; i++)
            body.AddRange([.. LegacyValues.Text(Id(i)), .. LegacyValues.Text(entries)]);
        body.AddRange([.. LegacyValues.Length(2 * Blocks), .. LegacyValues.Length((10 * Blocks) + 5), 0]);
        if (!isOld)
            body.AddRange([5, 1, 5, 2, .. LegacyValues.Length(3 * Blocks)]);
        body.Add(2);
        foreach (string group in new[] { "one", "two" })
        {
            body.AddRange([.. LegacyValues.Text(group), 5, 1, .. isOld ? [] : new byte[] { 2 }, .. LegacyValues.Length(Elements)]);
            for (int i = 0; i < Elements; i++)
                body.AddRange([.. Id(i), .. BitConverter.GetBytes(1_600_000_000_000L + i), 3]);
            body.Add(3);
            foreach (int part in new[] { 0, 1 })
            {
                body.AddRange([.. LegacyValues.Text($"consumer {part}"), .. Seen(type), .. LegacyValues.Length(Elements / 2)]);
                for (int i = part * Elements / 2; i < (part + 1) * Elements / 2; i++)
                    body.AddRange(Id(i));
            }
            body.AddRange([.. LegacyValues.Text("idle"), .. Seen(type), 0]);
        }
        return new LargeValue(type, $"{type}", [.. body], (Blocks + (4 * Elements)) / 32);
    }

    private static byte[] Seen(RdbType type) =>
        [.. BitConverter.GetBytes(1_600_000_000_000L), .. type == RdbType.StreamListpacks3 ? BitConverter.GetBytes(1_600_000_000_001L) : []];

    private static byte[] Id(int index)
    {
        byte[] id = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, (ulong)(5 + (10 * index)));
        id[15] = 1;
        return id;
    }
}
