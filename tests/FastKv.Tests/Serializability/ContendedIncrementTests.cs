using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Serializability;

/// <summary>
/// Counters on three shards that several clients raise by WATCH, GET, MULTI, EXEC: each one that was not refused counts once, no update is lost.
/// FASTKV_DIFF_SEED draws other choices.
/// </summary>
public sealed class ContendedIncrementTests(ITestOutputHelper output)
{
    private const int Shards = 3;
    private const int Clients = 6;
    private const int Increments = 100_000;
    private const int Pipeline = 24;

    [Fact]
    public async Task No_increment_is_lost()
    {
        int seed = TestEnvironment.DifferentialSeed;
        output.WriteLine($"seed {seed}");
        using var server = new FastKvProcess(Shards);
        string[] keys = new Workload(seed, Shards).Names[..Shards];
        var counters = new long[Shards];
        long succeeded = 0, refused = 0;
        var clients = Enumerable.Range(0, Clients).Select(client => Task.Factory.StartNew(
            () =>
            {
                using RespClient connection = server.Connect();
                var random = new Random(seed + client);
                while (Interlocked.Read(ref succeeded) < Increments)
                {
                    (long done, long not) = random.Next(4) == 0 ? ComputedByClient(connection, random) : Pipelined(connection, random);
                    Interlocked.Add(ref succeeded, done);
                    Interlocked.Add(ref refused, not);
                }
            },
            TaskCreationOptions.LongRunning));
        await Task.WhenAll(clients);

        using RespClient observer = server.Connect();
        for (int i = 0; i < Shards; i++)
            Assert.Equal(counters[i], observer.Call("GET", keys[i]).Integer);
        output.WriteLine($"{succeeded} increments, {refused} refused; counters {string.Join(' ', counters)}");

        // Clients that never meet would prove nothing.
        Assert.InRange(refused, succeeded / 100, long.MaxValue);

        // The new values come from the client, which knows the old ones from a reply: two round trips.
        (long Done, long Refused) ComputedByClient(RespClient connection, Random random)
        {
            int[] chosen = Choose(random);
            connection.SendRaw([.. Encode(["WATCH", .. chosen.Select(c => keys[c])]), .. Encode(["MGET", .. chosen.Select(c => keys[c])])]);
            Assert.Equal("OK", connection.Read().Text);
            long[] old = [.. connection.Read().Items!.Select(item => item.IsNull ? 0 : item.Integer)];
            connection.SendRaw([.. Encode(["MULTI"]), .. chosen.SelectMany((c, i) => Encode(["SET", keys[c], (old[i] + 1).ToString()])), .. Encode(["EXEC"])]);
            return Complete(connection, chosen, item => Assert.Equal("OK", item.Text));
        }

        // Many at once; the server computes, and each reply shows whether anything came between.
        (long Done, long Refused) Pipelined(RespClient connection, Random random)
        {
            int[][] chosen = [.. Enumerable.Range(0, random.Next(1, Pipeline)).Select(_ => Choose(random))];
            connection.SendRaw([.. chosen.SelectMany(some => (byte[])
            [
                .. Encode(["WATCH", .. some.Select(c => keys[c])]), .. Encode(["MGET", .. some.Select(c => keys[c])]),
                .. Encode(["MULTI"]), .. some.SelectMany(c => Encode(["INCR", keys[c]])), .. Encode(["EXEC"]),
            ])]);
            long done = 0, not = 0;
            foreach (int[] some in chosen)
            {
                Assert.Equal("OK", connection.Read().Text);
                var old = new Queue<long>(connection.Read().Items!.Select(item => item.IsNull ? 0 : item.Integer));
                (long one, long none) = Complete(connection, some, item => Assert.Equal(old.Dequeue() + 1, item.Integer));
                done += one;
                not += none;
            }
            return (done, not);
        }

        (long Done, long Refused) Complete(RespClient connection, int[] chosen, Action<RespFrame> check)
        {
            Assert.Equal("OK", connection.Read().Text);
            foreach (int _ in chosen)
                Assert.Equal("QUEUED", connection.Read().Text);
            RespFrame reply = connection.Read();
            if (reply.IsNull)
                return (0, chosen.Length);
            Assert.Equal(chosen.Length, reply.Items!.Length);
            for (int i = 0; i < chosen.Length; i++)
            {
                check(reply.Items[i]);
                Interlocked.Increment(ref counters[chosen[i]]);
            }
            return (chosen.Length, 0);
        }
    }

    private static byte[] Encode(string[] command) => RespClient.Encode(command);

    /// <summary>One counter, mostly; or two or all, which lie on several shards.</summary>
    private static int[] Choose(Random random)
    {
        int[] all = [.. Enumerable.Range(0, Shards)];
        random.Shuffle(all);
        return all[..(random.Next(4) == 0 ? random.Next(2, Shards + 1) : 1)];
    }
}
