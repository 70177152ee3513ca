using System.Diagnostics;
using System.Net.Sockets;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A disk whose fsyncs take their time. With <c>always</c> all that a client is told (its own writes, and what it reads of others') is on the disk by then.
/// With <c>everysec</c> clients are served meanwhile for as long as not too much may be lost, the delay is counted, and everything is on the disk once it works
/// again.
/// </summary>
public sealed class AofSlowSyncTests
{
    private const int Clients = 4;
    private const int Operations = 120;
    private const int Late = 300;

    /// <summary>As a user has it.</summary>
    private const long LateUs = 2_000_000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_always_acknowledges_is_on_the_disk(int shards)
    {
        using var host = new WitnessedServer(shards, "always");
        host.Witness.SyncMs = 1;
        long number = 0;
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, Clients).Select(index => new Thread(() =>
        {
            try
            {
                Work(host, index, () => Interlocked.Increment(ref number));
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.True(failure is null, failure?.ToString());
        Assert.True(number > Clients * Operations, "little was written");
    }

    [Fact]
    public void Always_waits_as_long_as_it_takes()
    {
        using var host = new WitnessedServer(3, "always");
        using RespClient client = host.Connect();
        Assert.Equal("OK", client.Call("SET", "k", SyncWitness.Token(1)).Text);
        host.Witness.Gate.Reset();
        client.Send("MSET", "a", SyncWitness.Token(2), "b", SyncWitness.Token(3), "c", SyncWitness.Token(4));
        Assert.False(client.Socket.Poll(Late * 1000, SelectMode.SelectRead), "acknowledged before the disk has it");
        host.Witness.Gate.Set();
        Assert.Equal("OK", client.Read().Text);
        foreach (int token in (int[])[2, 3, 4])
            Assert.True(host.Witness.IsSafe(token), $"token {token} is not on the disk");
    }

    /// <summary>The page cache does not keep a log that nobody reads.</summary>
    [Theory]
    [InlineData(1, "everysec")]
    [InlineData(3, "always")]
    public void What_is_synced_and_nothing_else_leaves_the_page_cache(int shards, string policy)
    {
        const int values = 3 * 24;
        using var host = new WitnessedServer(shards, policy);
        using RespClient client = host.Connect();
        string value = new('v', 1 << 20);
        for (int i = 0; i < values; i++)
            Assert.Equal("OK", client.Call("SET", $"k{i}", value).Text);
        Patience.Until(() => Interlocked.Read(ref host.Witness.ReleasedBytes) > values / 2L << 20, () => $"{host.Witness.ReleasedBytes} bytes have gone");
        Assert.True(host.Witness.WrongRelease is null, host.Witness.WrongRelease);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Everysec_goes_on_for_a_while_and_counts_the_delay(int shards)
    {
        using var host = new WitnessedServer(shards, "everysec");
        host.Pressure.LateUs = LateUs;
        using RespClient writer = host.Connect();
        using RespClient reader = host.Connect();
        host.Witness.Gate.Reset();
        long number = 0, answered = 0;
        var watch = Stopwatch.StartNew();
        while (!reader.Call("INFO", "persistence").Text.Contains("aof_delayed_fsync:1\r", StringComparison.Ordinal))
        {
            if (answered == number)
                writer.Send("SET", "k", SyncWitness.Token(++number));
            if (writer.Socket.Poll(5000, SelectMode.SelectRead))
            {
                Assert.Equal("OK", writer.Read().Text);
                Assert.Equal(SyncWitness.Token(++answered), reader.Call("GET", "k").Text);
            }
            Assert.True(watch.ElapsedMilliseconds < 60_000, "the delay is not noticed");
        }
        Assert.True(answered > 0, "nobody was served meanwhile");

        // From now on (all loops know it soon) who writes waits, and who reads does not.
        if (answered == number)
            writer.Send("SET", "k", SyncWitness.Token(++number));
        for (int more = 0; writer.Socket.Poll(Late * 1000, SelectMode.SelectRead); more++)
        {
            Assert.Equal("OK", writer.Read().Text);
            Assert.True(more < 5, "writes are acknowledged that the disk may not see for long");
            answered++;
            writer.Send("SET", "k", SyncWitness.Token(++number));
        }
        Assert.Equal(SyncWitness.Token(answered), reader.Call("GET", "k").Text);
        Assert.Contains("aof_pending_bio_fsync:1", reader.Call("INFO", "persistence").Text, StringComparison.Ordinal);
        host.Witness.Gate.Set();
        Assert.Equal("OK", writer.Read().Text);
        while (!host.Witness.IsSafe(number))
        {
            Assert.True(watch.ElapsedMilliseconds < 60_000, "what was written during the delay does not come to the disk");
            Thread.Sleep(5);
        }
        for (long token = 1; token <= number; token++)
            Assert.True(host.Witness.IsSafe(token), $"token {token} is not on the disk");
        Assert.Contains("aof_delayed_fsync:1\r", reader.Call("INFO", "persistence").Text, StringComparison.Ordinal);
    }

    private static void Work(WitnessedServer host, int index, Func<long> next)
    {
        using RespClient client = host.Connect();
        var random = new Random(index);
        for (int i = 0; i < Operations; i++)
        {
            long[] tokens = [.. Enumerable.Range(0, 3).Select(_ => next())];
            switch (random.Next(4))
            {
                case 0:
                    Assert.Equal("OK", client.Call("SET", $"k{random.Next(5)}", SyncWitness.Token(tokens[0])).Text);
                    tokens = tokens[..1];
                    break;
                case 1:
                    Assert.Equal("OK", client.Call(["MSET", .. tokens.SelectMany((token, n) => (string[])[$"m{index}:{n}", SyncWitness.Token(token)])]).Text);
                    break;
                case 2:
                    IEnumerable<byte[]> sets = tokens.Select((token, n) => RespClient.Encode("SET", $"t{index}:{n}", SyncWitness.Token(token)));
                    byte[][] transaction = [RespClient.Encode("MULTI"), .. sets, RespClient.Encode("EXEC")];
                    client.Pipeline([.. transaction.SelectMany(command => command)], transaction.Length);
                    break;
                default:
                    // What another client has written, and perhaps not been told of yet.
                    string text = client.Call("GET", $"k{random.Next(5)}").Text;
                    tokens = text.Length > 0 ? [long.Parse(text["token:".Length..^1])] : [];
                    break;
            }
            foreach (long token in tokens)
                Assert.True(host.Witness.IsSafe(token), $"token {token} was acknowledged and is not on the disk");
        }
    }
}
