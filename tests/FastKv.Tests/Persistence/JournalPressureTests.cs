using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A disk that does not keep up with the journals: who writes waits for it, so that neither memory grows without bound nor more is lost with the process, or
/// with the machine, than <c>everysec</c> promises. Who reads, and who configures or ends the server, does not wait.
/// </summary>
public sealed class JournalPressureTests(ITestOutputHelper output)
{
    private const int Writers = 4;
    private const int WritesEach = 150;
    private const int ValueBytes = 32 << 10;
    private const long BytesMax = 2 << 20;
    private const string Log = "appendonly.aof";

    /// <summary>What is promised, and as much again as a turn of a loop may take on a machine that has other things to do.</summary>
    private const long PromisedMs = 2000, TurnMs = 1500;

    /// <summary>How long the disk stands still: well beyond what is promised.</summary>
    private const int StandstillMs = 5000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void While_a_write_hangs_clients_wait_and_nothing_grows(int shards)
    {
        using var server = new FailingServer(shards, "appendonly yes\nappendfsync no");
        server.Aof.Pressure.LateUs = long.MaxValue;
        server.Aof.Pressure.BytesMax = BytesMax;
        var gate = server.Hold(Log);
        using RespClient reader = server.Connect();
        using var writing = new Writing(server.Connect, Writers, WritesEach, ValueBytes);
        FailingServer.Await(() => server.Aof.Pressure.IsOn, "clients that have to wait");
        Thread.Sleep(500);
        long acknowledged = writing.Acknowledged;
        long waiting = server.Aof.Writer.PendingBytes;
        output.WriteLine($"{acknowledged} writes are acknowledged, {waiting} bytes wait");

        // Each loop looks at each journal once in as many turns as there are shards; every client adds one value at most in each.
        Assert.InRange(waiting, BytesMax, shards * (BytesMax + (2 * Writers * (ValueBytes + 1024))));
        Assert.True(acknowledged < Writers * WritesEach, "nobody waits");
        Assert.Equal("PONG", reader.Call("PING").Text);
        Assert.Equal(acknowledged, reader.Call("DBSIZE").Integer);
        Assert.Equal("0", reader.Call("EXISTS", "nothing").Text);
        Assert.False(reader.Call("INFO", "everything").IsError);

        gate.Set();
        writing.Join();
        Assert.Equal(Writers * WritesEach, writing.Acknowledged);
        FailingServer.Await(() => server.Aof.Writer.PendingBytes == 0, "all that was written");
        string digest = reader.Call("DEBUG", "DIGEST").Text;
        Assert.Equal(digest, server.Restarted(client => client.Call("DEBUG", "DIGEST").Text));
    }

    /// <summary>Clients go on as fast as the disk does.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void While_writes_are_slow_nothing_grows(int shards)
    {
        using var server = new FailingServer(shards, "appendonly yes");
        server.Aof.Pressure.BytesMax = BytesMax;
        server.Files.Fault = (name, call) =>
        {
            if (call == FileCall.Write && name.StartsWith(Log, StringComparison.Ordinal))
                Thread.Sleep(20);
            return 0;
        };
        using var writing = new Writing(server.Connect, Writers, WritesEach, ValueBytes);
        long most = 0;
        while (!writing.IsOver)
        {
            most = Math.Max(most, server.Aof.Writer.PendingBytes);
            Thread.Sleep(1);
        }
        writing.Join();
        output.WriteLine($"{most} bytes waited");
        Assert.InRange(most, 0, shards * (BytesMax + (2 * Writers * (ValueBytes + 1024))));
    }

    /// <summary>A crash of the machine: what no fsync has covered that has ended is lost.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void With_a_hanging_fsync_everysec_loses_no_more_than_it_promises(int shards)
    {
        using var host = new WitnessedServer(shards, "everysec");
        host.Pressure.LateUs = PromisedMs * 1000;
        using var writing = new Writing(host.Connect, 2);
        FailingServer.Await(() => host.Witness.IsSafe(1), "a first fsync");
        host.Witness.Gate.Reset();
        Thread.Sleep(StandstillMs);
        AssertLostIsRecent(writing.Times(), host.Witness.IsSafe);
        host.Witness.Gate.Set();
        writing.Stop();
        FailingServer.Await(() => host.Witness.IsSafe(writing.Acknowledged), "that all is safe in the end");
    }

    /// <summary>kill -9: what no write(2) has taken that has ended is lost.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void With_a_hanging_write_everysec_loses_no_more_than_it_promises(int shards)
    {
        using var server = new FailingServer(shards, "appendonly yes");
        using var writing = new Writing(server.Connect, 2);
        FailingServer.Await(() => writing.Acknowledged > 100, "first writes");
        var gate = server.Hold(Log);
        Thread.Sleep(StandstillMs);
        var times = writing.Times();
        var found = server.Restarted(client => client.Call("KEYS", "*").Items!.Select(item => item.Text).ToHashSet());
        AssertLostIsRecent(times, number => found.Contains($"k{number}"));
        gate.Set();
        writing.Stop();
    }

    /// <summary>Tickets, whose marks are few beside bytes, wait as well, and nobody is kept from reading.</summary>
    [Fact]
    public void Tickets_wait_before_there_is_no_room_for_their_marks()
    {
        const int Count = 6000;
        using var server = new FailingServer(3, "appendonly yes\nappendfsync no");
        server.Aof.Pressure.LateUs = server.Aof.Pressure.BytesMax = long.MaxValue;
        var gate = server.Hold(Log);
        using RespClient writer = server.Connect();
        using RespClient reader = server.Connect();
        byte[] command = RespClient.Encode("MSET", server.KeyOn(0), "a", server.KeyOn(1), "b", server.KeyOn(2), "c");
        writer.SendRaw([.. Enumerable.Repeat(command, Count).SelectMany(bytes => bytes)]);
        FailingServer.Await(() => server.Aof.Pressure.IsOn, "clients that have to wait");
        for (int shard = 0; shard < 3; shard++)
            Assert.Equal(((char)('a' + shard)).ToString(), reader.Call("GET", server.KeyOn(shard)).Text);
        gate.Set();
        for (int i = 0; i < Count; i++)
            Assert.Equal("OK", writer.Read().Text);
    }

    /// <summary>A log that is turned off needs no disk, nor has anybody to wait any longer.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Turning_the_log_off_ends_the_wait(int shards)
    {
        using var server = new FailingServer(shards, "appendonly yes");
        var gate = server.Hold(Log);
        using RespClient client = server.Connect();
        using RespClient writer = server.Connect();
        Assert.Equal("OK", client.Call("SET", "a", "1").Text);
        FailingServer.Await(() => server.Aof.Pressure.IsOn, "clients that have to wait");
        Thread.Sleep(100);
        writer.SendRaw([.. RespClient.Encode("MULTI"), .. RespClient.Encode("GET", "a")]);
        Assert.Equal("OK", writer.Read().Text);
        Assert.Equal("QUEUED", writer.Read().Text);
        writer.SendRaw([.. RespClient.Encode("EXEC"), .. RespClient.Encode("SET", "a", "2"), .. RespClient.Encode("GET", "a")]);
        Assert.Equal("1", writer.Read().Items![0].Text);
        Assert.False(writer.Socket.Poll(300_000, SelectMode.SelectRead), "a write is acknowledged");
        client.Send("CONFIG", "SET", "appendonly", "no");
        gate.Set();
        Assert.Equal("OK", client.Read().Text);
        Assert.Equal("OK", writer.Read().Text);
        Assert.Equal("2", writer.Read().Text);
        FailingServer.Await(() => !server.Aof.Pressure.IsOn, "that nobody has to wait");
    }

    /// <summary>A disk that stands still, and then fails: who has waited is told that nothing can be written.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Who_waits_is_told_when_the_disk_fails(int shards)
    {
        using var server = new FailingServer(shards, "appendonly yes");
        var gate = server.Hold(Log);
        server.Files.Fault = (name, call) =>
        {
            if (call != FileCall.Write || !name.StartsWith(Log, StringComparison.Ordinal))
                return 0;
            gate.Wait();
            return FileErrors.NoSpace;
        };
        using RespClient client = server.Connect();
        Assert.Equal("OK", client.Call("SET", "a", "1").Text);
        FailingServer.Await(() => server.Aof.Pressure.IsOn, "clients that have to wait");
        Thread.Sleep(100);
        client.Send("SET", "a", "2");
        Assert.False(client.Socket.Poll(300_000, SelectMode.SelectRead), "a write is acknowledged");
        gate.Set();
        Assert.StartsWith("MISCONF", client.Read().Text, StringComparison.Ordinal);
        Assert.Equal("1", client.Call("GET", "a").Text);
        server.Files.Fault = (_, _) => 0;
        FailingServer.Await(() => client.Call("SET", "a", "3").Text == "OK", "that the disk works again");
    }

    /// <summary>Nothing that was acknowledged longer before the last acknowledgement than is promised may be missing.</summary>
    private void AssertLostIsRecent(List<(long Number, long SentMs, long AcknowledgedMs)> times, Func<long, bool> isThere)
    {
        var lost = times.Where(write => !isThere(write.Number)).ToList();
        Assert.NotEmpty(lost);
        long span = times.Max(write => write.SentMs) - lost.Min(write => write.AcknowledgedMs);
        output.WriteLine($"{times.Count} writes are acknowledged, {lost.Count} lost, of {span} ms");
        Assert.InRange(span, 0, PromisedMs + TurnMs);
    }

    /// <summary>Clients that write numbered keys, each with its token, one after the other, and note when.</summary>
    private sealed class Writing : IDisposable
    {
        private readonly List<(long Number, long SentMs, long AcknowledgedMs)> _times = [];
        private readonly List<Thread> _threads = [];
        private readonly byte[] _padding;
        private volatile bool _isStopping;
        private volatile Exception? _failure;
        private long _number;
        private long _acknowledged;

        public Writing(Func<RespClient> connect, int clients, int count = int.MaxValue, int valueBytes = 0)
        {
            _padding = new byte[valueBytes];
            for (int i = 0; i < clients; i++)
            {
                var thread = new Thread(() => Work(connect, count));
                _threads.Add(thread);
                thread.Start();
            }
        }

        public long Acknowledged => Interlocked.Read(ref _acknowledged);

        public bool IsOver => _threads.TrueForAll(thread => !thread.IsAlive);

        /// <summary>What has been acknowledged so far.</summary>
        public List<(long Number, long SentMs, long AcknowledgedMs)> Times()
        {
            lock (_times)
                return [.. _times];
        }

        public void Join()
        {
            foreach (var thread in _threads)
                thread.Join();
            Assert.True(_failure is null, _failure?.ToString());
        }

        public void Stop()
        {
            _isStopping = true;
            Join();
        }

        public void Dispose() => _isStopping = true;

        private void Work(Func<RespClient> connect, int count)
        {
            try
            {
                using RespClient client = connect();
                for (int i = 0; i < count && !_isStopping; i++)
                {
                    long number = Interlocked.Increment(ref _number);
                    byte[] value = [.. Encoding.ASCII.GetBytes(SyncWitness.Token(number)), .. _padding];
                    long sent = Stopwatch.GetTimestamp();
                    client.SendRaw(RespClient.Encode("SET"u8.ToArray(), Encoding.ASCII.GetBytes($"k{number}"), value));
                    if (client.Read().Text != "OK")
                        throw new InvalidOperationException("a write was refused");
                    long acknowledged = Stopwatch.GetTimestamp();
                    lock (_times)
                        _times.Add((number, sent / (Stopwatch.Frequency / 1000), acknowledged / (Stopwatch.Frequency / 1000)));
                    Interlocked.Increment(ref _acknowledged);
                    if (count == int.MaxValue)
                        Thread.Sleep(1);
                }
            }
            catch (Exception exception)
            {
                _failure = exception;
            }
        }
    }
}
