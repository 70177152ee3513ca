using System.Net;
using System.Net.Sockets;
using FastKv.Memory;
using FastKv.Network;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Network;

/// <summary>
/// Random traffic between the two ends of many connections, all on one loop and one thread: sends of every size, pauses, closes. The model
/// of a stream is a counter: byte n of it has a known value, so what arrives must be a prefix of what was sent, and all of it in the end.
/// </summary>
public sealed class TrafficModelTests(ITestOutputHelper output)
{
    private const int Steps = 6000;

    public static TheoryData<IoEngine, bool> Cases => new()
    {
        { IoEngine.Epoll, false },
        { IoEngine.Epoll, true },
        { IoEngine.IoUring, false },
        { IoEngine.IoUring, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void StreamsArriveInOrderAndComplete(IoEngine engine, bool unix)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        string path = Path.Combine(Path.GetTempPath(), $"fastkv-{Guid.NewGuid():N}.sock");
        using var pool = new BufferPool();
        var model = new Model(new Random(seed));
        using (var loop = EventLoop.Create(engine, model, pool))
        {
            model.Loop = loop;
            model.Address = loop.Listen(unix ? new UnixDomainSocketEndPoint(path) : new IPEndPoint(IPAddress.Loopback, 0), 511).EndPoint;
            for (int step = 0; step < Steps; step++) model.Step();
            model.Settle();
            model.CloseAll();
            Assert.Equal(0, loop.ConnectionCount);
        }

        Assert.Null(model.Fault);
        Assert.Equal(0, pool.RentedBytes);
        output.WriteLine($"{model.Opened} connections, {model.TotalBytes} bytes");
        Assert.True(model.Opened > 20);
    }

    private sealed class End
    {
        internal required Connection Connection { get; init; }

        internal End? Other { get; set; }

        internal long Sent { get; set; }

        internal long Received { get; set; }

        internal bool Ended { get; set; }
    }

    private sealed class Model(Random random) : IConnectionHandler
    {
        private readonly List<End> _ends = [];
        private readonly Queue<End> _dialled = new();
        private bool _settling;

        internal EventLoop Loop { get; set; } = null!;

        internal EndPoint Address { get; set; } = null!;

        internal string? Fault { get; private set; }

        internal int Opened { get; private set; }

        internal long TotalBytes { get; private set; }

        internal void Step()
        {
            int kind = random.Next(100);
            if (_ends.Count < 4 || (kind < 3 && _ends.Count < 60)) Open();
            else if (kind < 50) Send(Pick());
            else if (kind < 56) Loop.PauseReceive(Pick().Connection);
            else if (kind < 66) Loop.ResumeReceive(Pick().Connection);
            else if (kind < 67) End(Pick());
            else Loop.Poll(random.Next(4) == 0 ? 100 : 0);
            if (Fault is not null) throw new InvalidOperationException(Fault);
        }

        internal void Settle()
        {
            _settling = true;
            foreach (End end in _ends.ToArray()) Loop.ResumeReceive(end.Connection);

            // Not "until it is quiet": a kernel that dropped a segment for want of buffer sends it again after 200 ms or more.
            long deadlineMs = Environment.TickCount64 + 60_000;
            while (_ends.Any(IsIncomplete))
            {
                Loop.Poll(5000);
                if (Fault is not null) throw new InvalidOperationException(Fault);
                if (Environment.TickCount64 < deadlineMs) continue;
                End stuck = _ends.First(IsIncomplete);
                throw new InvalidOperationException(
                    $"{stuck.Received} of {stuck.Other!.Sent} bytes arrived; {stuck.Connection.Flags}, sender {stuck.Other.Connection.Flags}");
            }
        }

        private static bool IsIncomplete(End end) =>
            !end.Ended && end.Other is { Ended: false } && !end.Connection.IsClosing && end.Received != end.Other.Sent;

        internal void CloseAll()
        {
            foreach (End end in _ends.ToArray()) Loop.Close(end.Connection, afterFlush: false);
            for (int i = 0; i < 1000 && Loop.ConnectionCount > 0; i++) Loop.Poll(5000);
        }

        public void OnAccepted(int socket, Listener listener)
        {
            // The pairs find each other by order: a listener hands connections out in the order of their connects.
            Connection connection = Loop.Adopt(socket, null);
            End dialled = _dialled.Dequeue();
            var accepted = new End { Connection = connection, Other = dialled };
            dialled.Other = accepted;
            connection.Owner = accepted;
            _ends.Add(accepted);
        }

        public void OnReceived(Connection connection, ReadOnlySpan<byte> bytes)
        {
            var end = (End)connection.Owner!;
            if (connection.IsPaused || connection.IsClosing || end.Ended) Fault ??= "received while paused or closed";
            foreach (byte value in bytes)
            {
                if (value != ValueAt(end.Received)) Fault ??= $"wrong byte at {end.Received}";
                end.Received++;
            }

            TotalBytes += bytes.Length;
            if (_settling) return;
            if (random.Next(10) == 0) Loop.PauseReceive(connection);
            if (random.Next(20) == 0) Loop.ResumeReceive(connection);
        }

        public void OnWritable(Connection connection)
        {
            if (connection.PendingOutputBytes != 0) Fault ??= "writable with output left";
        }

        public void OnClosed(Connection connection, CloseReason reason)
        {
            var end = (End)connection.Owner!;
            if (end.Ended) Fault ??= "closed twice";
            end.Ended = true;
            _ends.Remove(end);
        }

        private static byte ValueAt(long position) => (byte)((position * 31) ^ (position >> 8));

        private End Pick() => _ends[random.Next(_ends.Count)];

        private void Open()
        {
            Connection connection = Loop.Connect(Address, null);
            var end = new End { Connection = connection };
            connection.Owner = end;
            _ends.Add(end);
            _dialled.Enqueue(end);
            Opened++;

            // The end of a connection that is closed before it was accepted would break the order of the pairs.
            for (int i = 0; i < 1000 && _dialled.Count > 0; i++) Loop.Poll(1000);
        }

        private void Send(End end)
        {
            if (end.Connection.IsClosing || end.Connection.PendingOutputBytes > 4_000_000) return;
            byte[] bytes = new byte[random.Next(10) == 0 ? random.Next(1, 400_000) : random.Next(1, 300)];
            for (int i = 0; i < bytes.Length; i++) bytes[i] = ValueAt(end.Sent + i);
            end.Sent += bytes.Length;
            end.Connection.Output.Append(bytes);
            Loop.Flush(end.Connection);
        }

        private void End(End end) => Loop.Close(end.Connection, afterFlush: random.Next(2) == 0);
    }
}
