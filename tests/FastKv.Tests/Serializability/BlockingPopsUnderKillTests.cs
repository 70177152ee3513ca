using System.Collections.Concurrent;
using System.Net.Sockets;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Serializability;

/// <summary>
/// Queues on three shards, producers that put unique numbers in, consumers that wait for them, and somebody who kills consumers all the time, by CLIENT KILL or
/// by resetting their connections. No number is served twice. What BLMOVE has put into a consumer's own list is found there by the next connection of that
/// consumer, so nothing is lost at all; BLPOP and BZPOPMIN may lose the one number that was on its way to a killed connection, and no other.
/// FASTKV_DIFF_SEED draws other choices.
/// </summary>
public sealed class BlockingPopsUnderKillTests(ITestOutputHelper output)
{
    private const int Shards = 3;
    private const int Producers = 2;
    private const int Consumers = 5;
    private const int NumbersPerProducer = 6_000;
    private const int KillsMin = 20;
    private const string WaitSeconds = "0.2";

    private readonly int _seed = TestEnvironment.DifferentialSeed;

    [Theory]
    [InlineData("BLMOVE", true, 0)]
    [InlineData("BLMOVE", true, 300)]
    [InlineData("BLPOP", false, 0)]
    [InlineData("BLPOP", true, 300)]
    [InlineData("BZPOPMIN", false, 300)]
    [InlineData("BZPOPMIN", true, 0)]
    public async Task Nothing_is_served_twice_and_only_what_was_on_its_way_is_lost(string command, bool kills, int delayUs)
    {
        output.WriteLine($"seed {_seed}");
        using var server = new FastKvProcess(Shards, "--debug-ring-delay-us", delayUs.ToString());
        string[] queues = new Workload(_seed, Shards).Names[..Shards];
        Consumer[] consumers = [.. Enumerable.Range(0, Consumers).Select(i => new Consumer(server, command, queues, i, _seed + i))];
        var producers = Enumerable.Range(0, Producers).Select(i => Run(() => Produce(server, command, queues, i))).ToArray();
        Task[] consuming = [.. consumers.Select(consumer => Run(consumer.Loop))];
        using var end = new CancellationTokenSource();
        Task<int> killing = Task.Run(() => kills ? Kill(server, consumers, end.Token) : 0);

        await Task.WhenAll(producers);
        await end.CancelAsync();
        int killed = await killing;
        foreach (Consumer consumer in consumers)
            consumer.IsLast = true;
        await Task.WhenAll(consuming);

        // A connection that was killed may have moved something into the list after the next one had looked.
        using RespClient observer = server.Connect();
        foreach (Consumer consumer in consumers)
            consumer.Recover(observer);
        foreach (string queue in queues)
            Assert.Equal(0, observer.Call("EXISTS", queue).Integer);

        int[] served = [.. consumers.SelectMany(consumer => consumer.Served)];
        int[] twice = [.. served.GroupBy(number => number).Where(group => group.Count() > 1).Select(group => group.Key)];
        int[] lost = [.. Enumerable.Range(0, Producers * NumbersPerProducer).Except(served)];
        output.WriteLine($"{served.Length} served, {consumers.Sum(c => c.Recovered)} of them found after a kill, {lost.Length} lost, {killed} kills");
        Assert.True(twice.Length == 0, $"seed {_seed}: served twice: {string.Join(' ', twice.Take(20))}");
        Assert.True(lost.Length <= (command == "BLMOVE" ? 0 : killed), $"seed {_seed}: {killed} kills, lost: {string.Join(' ', lost.Take(20))}");
        Assert.True(!kills || killed >= KillsMin, $"only {killed} kills");
        server.AssertAlive();
    }

    private static Task Run(Action body) => Task.Factory.StartNew(body, TaskCreationOptions.LongRunning);

    /// <summary>Puts numbers in, one or several at a time, to one or (in a transaction) to several queues.</summary>
    private void Produce(ServerProcess server, string command, string[] queues, int producer)
    {
        using RespClient client = server.Connect();
        var random = new Random(_seed + 100 + producer);
        int next = producer * NumbersPerProducer, last = next + NumbersPerProducer;
        while (next < last)
        {
            int count = Math.Min(random.Next(1, 6), last - next);
            string[][] pushes = [.. Enumerable.Range(next, count).Select(number => Push(command, queues[random.Next(queues.Length)], number, random))];
            next += count;
            if (random.Next(3) == 0)
                pushes = [["MULTI"], .. pushes, ["EXEC"]];
            client.SendRaw([.. pushes.SelectMany(push => RespClient.Encode(push))]);
            foreach (string[] _ in pushes)
                Assert.False(client.Read().IsError);

            // Now and then all consumers wait.
            if (random.Next(50) == 0)
                Thread.Sleep(random.Next(1, 4));
        }
    }

    private static string[] Push(string command, string queue, int number, Random random) => command == "BZPOPMIN"
        ? ["ZADD", queue, random.Next(100).ToString(), number.ToString()]
        : [random.Next(2) == 0 ? "LPUSH" : "RPUSH", queue, number.ToString()];

    private int Kill(ServerProcess server, Consumer[] consumers, CancellationToken end)
    {
        using RespClient killer = server.Connect();
        var random = new Random(_seed + 1000);
        int kills = 0;
        // The consumers wait until this ends, so that the last of them are killed while they do.
        while (!end.IsCancellationRequested || kills < KillsMin)
        {
            Thread.Sleep(random.Next(1, 8));
            Consumer victim = consumers[random.Next(consumers.Length)];
            if (random.Next(2) == 0)
                victim.Cut();
            else
                killer.Call("CLIENT", "KILL", "ID", victim.ConnectionId);
            kills++;
        }
        return kills;
    }

    /// <summary>Takes numbers one after the other, and connects again when its connection has been killed.</summary>
    private sealed class Consumer(ServerProcess server, string command, string[] queues, int index, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly string _list = "taken:" + index;
        private readonly HashSet<int> _own = [];
        private volatile RespClient? _client;
        private volatile string _id = "0";

        /// <summary>The numbers, in order; one that was served twice to this consumer is here twice.</summary>
        public ConcurrentQueue<int> Served { get; } = [];

        /// <summary>Those of them that no reply told.</summary>
        public int Recovered { get; private set; }

        /// <summary>The next wait in vain is the last one.</summary>
        public volatile bool IsLast;

        /// <summary>Of CLIENT ID.</summary>
        public string ConnectionId => _id;

        /// <summary>Resets the connection.</summary>
        public void Cut()
        {
            if (_client is not { } client)
                return;
            try
            {
                client.Socket.LingerState = new LingerOption(true, 0);
                client.Socket.Close();
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // Somebody else was faster.
                _id = "0";
            }
        }

        /// <summary>Until <see cref="IsLast"/> and nothing comes any more.</summary>
        public void Loop()
        {
            while (true)
            {
                try
                {
                    using RespClient client = server.Connect();
                    _client = client;
                    _id = client.Call("CLIENT", "ID").Text;
                    Recover(client);
                    while (TryTake(client))
                    {
                    }
                    return;
                }
                catch (Exception killed) when (killed is SocketException or EndOfStreamException or ObjectDisposedException)
                {
                    // The next connection goes on.
                    _id = "0";
                }
            }
        }

        /// <summary>Looks into the consumer's own list: what is there was moved for it, whether it has been told or not.</summary>
        public void Recover(RespClient client)
        {
            if (command != "BLMOVE")
                return;
            foreach (RespFrame item in client.Call("LRANGE", _list, "0", "-1").Items!)
            {
                if (_own.Add((int)item.Integer))
                {
                    Served.Enqueue((int)item.Integer);
                    Recovered++;
                }
                client.Call("LREM", _list, "1", item.Text);
            }
        }

        private bool TryTake(RespClient client)
        {
            RespFrame reply = command == "BLMOVE"
                ? client.Call("BLMOVE", queues[_random.Next(queues.Length)], _list, "LEFT", "RIGHT", IsLast ? WaitSeconds : "0.01")
                : client.Call([command, .. queues.OrderBy(_ => _random.Next()), WaitSeconds]);
            if (reply.IsNull)
                return !IsLast || !HasNothing(client);
            RespFrame number = command == "BLMOVE" ? reply : reply.Items![1];
            Served.Enqueue((int)number.Integer);
            if (command == "BLMOVE")
            {
                _own.Add((int)number.Integer);
                client.Call("LREM", _list, "1", number.Text);
            }
            return true;
        }

        private bool HasNothing(RespClient client) => client.Call(["EXISTS", .. queues]).Integer == 0;
    }
}
