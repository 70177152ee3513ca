using System.Text;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Memory;
using FastKv.Structures;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Damaged payloads: an error or a valid value, nothing leaked, nothing read or written out of bounds (the heap is guarded, and the payload ends at the end
/// of a page that nothing follows). <c>FASTKV_CORRUPTION_COUNT</c> says how many; 5,000 if it is not set.
/// </summary>
public sealed unsafe class CorruptionTests(ITestOutputHelper output)
{
    private const long NowMs = 1_700_000_000_000;

    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("FASTKV_CORRUPTION_COUNT"), out int count) ? count : 5000;

    [Fact]
    public void Damaged_values_are_refused_or_sound()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        List<byte[]> payloads = Payloads(seed);
        payloads.AddRange(LegacyValues.All());
        var heap = new NativeHeap("corruption", guarded: true);
        var values = new ValueHeap(heap, 0x1234_5678_9ABC_DEF1, new CompactLimits());
        using var writer = new RdbValueWriter();
        int valid = 0;
        using var page = new EdgePage(1 << 20);
        for (int i = 0; i < Count; i++)
        {
            byte[] payload = Mutate(payloads[random.Next(payloads.Count)], random);
            byte* bytes = page.Place(payload);
            long before = heap.UsedBytes;
            var input = new RdbInput(bytes + 1, payload.Length - 1);
            byte* entry = RdbValueReader.Read(values, ref input, (RdbType)(*bytes), "key"u8, -1, 0, NowMs);
            if (entry == null)
            {
                Assert.True(input.Fault != RdbFault.None, $"no reason: {Convert.ToHexString(payload)}");
                Assert.True(heap.UsedBytes == before, $"{heap.UsedBytes - before} bytes are left: {Convert.ToHexString(payload)}");
                continue;
            }
            valid++;
            ValueUse.Exercise(values, ref entry, writer, random, NowMs);
            int budget = int.MaxValue;
            while (!Engine.Keyspace.Values.Free(values, entry, ref budget))
                budget = int.MaxValue;
            Assert.True(heap.UsedBytes == before, $"{heap.UsedBytes - before} bytes are left of a value: {Convert.ToHexString(payload)}");
        }
        heap.Dispose();
        output.WriteLine($"{valid} of {Count} valid");
        Assert.InRange(valid, 1, Count - 1);
    }

    [Fact]
    public void No_length_makes_a_large_allocation()
    {
        var heap = new NativeHeap("lengths");
        var values = new ValueHeap(heap, 1, new CompactLimits());
        foreach (RdbType type in Enum.GetValues<RdbType>())
        {
            byte[][] lengths = [[0x80, 0x7F, 0xFF, 0xFF, 0xFF], [0x81, 0x7F, 255, 255, 255, 255, 255, 255, 255], [0xC3, 0x05, 0x80, 0x7F, 0xFF, 0xFF, 0xFF]];
            foreach (byte[] length in lengths)
            {
                byte[] payload = [.. new byte[type == RdbType.HashTimes ? 8 : 0], .. length, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
                fixed (byte* bytes = payload)
                {
                    var input = new RdbInput(bytes, payload.Length);
                    Assert.True(RdbValueReader.Read(values, ref input, type, "k"u8, -1, 0, NowMs) == null);
                }
                Assert.Equal(0, heap.UsedBytes);
                Assert.InRange(heap.CommittedBytes, 0, 16 << 20);
            }
        }
        heap.Dispose();
    }

    private static List<byte[]> Payloads(int seed)
    {
        var data = new RandomData(seed);
        List<string> keys = data.AddAll("v", rounds: 2);
        using var server = ServerProcess.Start(ServerKind.FastKv1);
        using var client = server.Connect();
        data.SendTo(client);
        client.Call("HSET", "timed", "a", "1", "b", "2", "c", "3");
        client.Call("HPEXPIREAT", "timed", "4000000000000", "FIELDS", "2", "b", "c");
        keys.Add("timed");
        var payloads = new List<byte[]>();
        foreach (string compression in new[] { "yes", "no" })
        {
            client.Call("CONFIG", "SET", "rdbcompression", compression);
            foreach (string key in keys)
            {
                byte[] payload = client.CallBytes("DUMP"u8.ToArray(), Encoding.Latin1.GetBytes(key)).Payload!;
                if (payload.Length < 100_000)
                    payloads.Add(payload[..^RdbFormat.DumpFooterBytes]);
            }
        }
        return payloads;
    }

    private static byte[] Mutate(byte[] payload, Random random)
    {
        byte[] copy = (byte[])payload.Clone();
        int times = random.Next(1, 4);
        for (int i = 0; i < times; i++)
        {
            // Lengths and headers stand in front: half of the damage goes there.
            int at = random.Next(2) == 0 ? random.Next(Math.Min(copy.Length, 40)) : random.Next(copy.Length);
            switch (random.Next(6))
            {
                case 0:
                    copy[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    copy[at] = (byte)random.Next(256);
                    break;
                case 2:
                    copy[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0;
                    break;
                case 3 when copy.Length > 2:
                    copy = copy[..random.Next(1, copy.Length)];
                    break;
                case 4:
                    byte[] attack = random.Next(2) == 0 ? [0x80, 0xFF, 0xFF, 0xFF, 0xFF] : [0x81, 0, 0, 0, 1, 0, 0, 0, 0];
                    for (int j = 0; j < attack.Length && at + j < copy.Length; j++)
                        copy[at + j] = attack[j];
                    break;
                default:
                    int from = random.Next(copy.Length);
                    int count = Math.Min(random.Next(1, 20), copy.Length - Math.Max(from, at));
                    Array.Copy(copy, from, copy, at, Math.Max(0, count));
                    break;
            }
        }
        return copy;
    }
}
