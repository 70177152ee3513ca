// Updates and queries of a leaderboard in an open loop, on one thread. Data plane while it runs.
//
// Each lane has its own times: batch i of a lane is due at start + i * interval, and latency counts from then. So a server that stalls is charged for
// all requests that came meanwhile, and queries are measured beside the updates, not instead of them.
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using FastKv.LoadGen.Load;
using FastKv.Memory;
using FastKv.Network;
using FastKv.Protocol;

namespace FastKv.LoadGen.Leaderboard;

/// <summary>An event loop with the connections of all lanes. All members are for one thread.</summary>
internal sealed unsafe class LeaderboardLoad : IConnectionHandler, IDisposable
{
    /// <summary>The board's key.</summary>
    public const string Key = "board";

    /// <summary>Neighbours above and below.</summary>
    public const int Around = 10;

    private const long PatienceNs = 10_000_000_000;
    private const long WakeUpNs = 100_000;
    private const int PollMicroseconds = 50_000;
    private const int UpdateConnections = 50;
    private const int QueryConnections = 32;

    private readonly BufferPool _pool = new();
    private readonly EventLoop _loop;
    private readonly EndPoint _endPoint;
    private readonly FieldSource _fields;
    private RandomSource _random;
    private int _ready;
    private string? _failure;

    /// <summary>Connects.</summary>
    /// <exception cref="LoadException">A connection was refused.</exception>
    public LeaderboardLoad(EndPoint endPoint, LeaderboardPlan plan)
    {
        _endPoint = endPoint;
        _fields = new FieldSource(new KeySource(KeyDistribution.Uniform, 0, plan.Players, 0, plan.Seed), plan.Seed + 1);
        _random = new RandomSource(plan.Seed + 2);
        string player = "user:{key}";
        Lanes =
        [
            new Lane(LaneKind.Updates, [$"ZADD {Key} {{int:1G}} {player}", $"ZINCRBY {Key} {{int:-1000..10000}} {player}"], plan.UpdatesPerSecond,
                plan.Pipeline, UpdateConnections),
            new Lane(LaneKind.Rank, [$"ZREVRANK {Key} {player}"], plan.QueriesPerSecond, 1, QueryConnections),
            new Lane(LaneKind.Top, [$"ZREVRANGE {Key} 0 99 WITHSCORES"], plan.QueriesPerSecond, 1, QueryConnections),
            new Lane(LaneKind.Neighbours, [$"ZREVRANK {Key} {player}"], plan.QueriesPerSecond, 1, QueryConnections),
        ];
        _loop = EventLoop.Create(IoEngine.Auto, this, _pool, Lanes.Sum(l => l.Connections.Length));
        foreach (Lane lane in Lanes)
        {
            foreach (LaneConnection connection in lane.Connections)
            {
                connection.Lane = lane;
                connection.State.Network = _loop.Connect(endPoint, connection);
            }
        }
        long deadlineNs = Stopwatch.GetTimestamp() + PatienceNs;
        while (_ready < Lanes.Sum(l => l.Connections.Length) && _failure is null && Stopwatch.GetTimestamp() < deadlineNs)
            _loop.Poll(PollMicroseconds);
        ThrowOnFailure();
    }

    /// <summary>Updates and the three queries.</summary>
    public Lane[] Lanes { get; }

    /// <summary>Event loop in use.</summary>
    public string EngineName => _loop.EngineName;

    /// <summary>Offers the load for some time; figures are in the lanes.</summary>
    /// <returns>Seconds from the first request until the last one was sent, and until the last reply.</returns>
    /// <exception cref="LoadException">A connection was lost, or replies were missing 10 s after the last request.</exception>
    public (double Offered, double Answered) Run(double seconds)
    {
        foreach (Lane lane in Lanes)
            lane.Clear();
        long startNs = Stopwatch.GetTimestamp();
        long endNs = startNs + (long)(seconds * 1e9);
        long nowNs;
        while ((nowNs = Stopwatch.GetTimestamp()) < endNs && _failure is null)
            Turn(startNs, nowNs);
        double offered = Stopwatch.GetElapsedTime(startNs).TotalSeconds;
        Drain();
        ThrowOnFailure();
        return (offered, Stopwatch.GetElapsedTime(startNs).TotalSeconds);
    }

    /// <inheritdoc/>
    public void OnAccepted(int socket, Listener listener) => SocketOptions.Close(socket);

    /// <inheritdoc/>
    public void OnConnected(Connection connection) => _ready++;

    /// <inheritdoc/>
    public void OnWritable(Connection connection)
    {
        // What is unanswered is bounded, and so is the output.
    }

    /// <inheritdoc/>
    public void OnClosed(Connection connection, CloseReason reason)
    {
        Unsafe.As<LaneConnection>(connection.Owner!).State.Network = null;
        _failure ??= $"{_endPoint}: {(connection.ErrorCode != 0 ? new NetworkException("connection", connection.ErrorCode).Message : "closed by the server")}";
    }

    /// <inheritdoc/>
    public void OnReceived(Connection connection, ReadOnlySpan<byte> bytes)
    {
        LaneConnection own = Unsafe.As<LaneConnection>(connection.Owner!);
        LoadConnection state = own.State;
        fixed (byte* received = bytes)
        {
            byte* position = received;
            byte* end = received + bytes.Length;
            bool isResumed = state.Partial.Length > 0;
            if (isResumed)
            {
                state.Partial.Append(received, bytes.Length);
                position = state.Partial.Data;
                end = position + state.Partial.Length;
            }
            while (position < end)
            {
                long length = ReplyScanner.TryMeasure(position, end);
                if (length <= 0)
                {
                    if (length < 0)
                        _failure ??= $"{_endPoint}: malformed reply";
                    break;
                }
                TakeReply(own, position, length);
                position += length;
            }
            if (isResumed)
                state.Partial.RemovePrefix(position - state.Partial.Data);
            else if (position < end)
                state.Partial.Append(position, end - position);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Dispose();
        foreach (LaneConnection connection in Lanes.SelectMany(l => l.Connections))
        {
            if (connection.State.Partial.AllocatedBytes > 0)
                connection.State.Partial.Release();
        }
        _pool.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Turn(long startNs, long nowNs)
    {
        long nextNs = nowNs + (PollMicroseconds * 1000L);
        foreach (Lane lane in Lanes)
            nextNs = Math.Min(nextNs, SendDue(lane, startNs, nowNs));
        _loop.Poll(Math.Max(0, (nextNs - nowNs - WakeUpNs) / 1000));
    }

    /// <summary>Sends a lane's batches that are due; returns when the next one is.</summary>
    private long SendDue(Lane lane, long startNs, long nowNs)
    {
        while (true)
        {
            long dueNs = startNs + (long)(lane.BatchesSent * lane.IntervalNs);
            if (dueNs > nowNs)
                return dueNs;
            LaneConnection? connection = lane.FindFree();
            if (connection?.State.Network is not { } network)
                return nowNs + WakeUpNs;
            for (int i = 0; i < lane.Pipeline; i++)
            {
                RequestTemplate template = lane.Templates[lane.Templates.Length == 1 ? 0 : (int)_random.Below(lane.Templates.Length)];
                network.Output.Commit(template.Write(network.Output.Reserve(template.RoomBytes), _fields));
            }
            connection.State.Begin(dueNs, lane.Pipeline);
            connection.IsSecondStep = false;
            lane.BatchesSent++;
            _loop.Flush(network);
        }
    }

    private void TakeReply(LaneConnection own, byte* reply, long length)
    {
        Lane lane = own.Lane;
        if (own.State.Outstanding == 0)
        {
            _failure ??= $"{_endPoint}: more replies than requests";
            return;
        }
        if (lane.Kind == LaneKind.Neighbours && !own.IsSecondStep && *reply == ':')
        {
            AskForNeighbours(own, reply, length);
            return;
        }
        bool isExpected = lane.Kind switch
        {
            LaneKind.Updates => *reply is (byte)':' or (byte)'$',
            LaneKind.Rank => *reply == ':',
            _ => *reply == '*' && length > 4,
        };
        if (!isExpected)
            NoteUnexpected(lane, reply, length);
        own.State.Complete(1, Stopwatch.GetTimestamp(), lane.Latency);
        lane.Completed++;
    }

    /// <summary>The second half of a query, on the same connection; its latency goes on.</summary>
    private void AskForNeighbours(LaneConnection own, byte* reply, long length)
    {
        if (own.State.Network is not { } network)
            return;
        NumberText.TryParseInt64(new ReadOnlySpan<byte>(reply + 1, (int)length - 3), out long rank);
        const int RoomBytes = 128;
        byte* start = network.Output.Reserve(RoomBytes);
        ReadOnlySpan<byte> head = "*4\r\n$9\r\nZREVRANGE\r\n$5\r\nboard\r\n"u8;
        head.CopyTo(new Span<byte>(start, RoomBytes));
        byte* position = WriteNumber(start + head.Length, Math.Max(0, rank - Around));
        position = WriteNumber(position, rank + Around);
        network.Output.Commit((int)(position - start));
        own.IsSecondStep = true;
        _loop.Flush(network);
    }

    private static byte* WriteNumber(byte* position, long number)
    {
        byte* text = stackalloc byte[Placeholder.NumberBytesMax];
        byte* end = text + Placeholder.NumberBytesMax;
        byte* first = NumberWriter.Write(end, number, 0);
        int length = (int)(end - first);
        position = NumberWriter.WriteBulkHeader(position, length);
        Unsafe.CopyBlockUnaligned(position, first, (uint)length);
        position += length;
        *position++ = (byte)'\r';
        *position++ = (byte)'\n';
        return position;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NoteUnexpected(Lane lane, byte* reply, long length)
    {
        lane.Unexpected++;
        lane.FirstUnexpected ??= Encoding.UTF8.GetString(reply, (int)Math.Min(length, 200)).TrimEnd();
    }

    private void Drain()
    {
        long deadlineNs = Stopwatch.GetTimestamp() + PatienceNs;
        while (_failure is null && Lanes.Any(l => l.Connections.Any(c => c.State.Outstanding > 0)))
        {
            _loop.Poll(PollMicroseconds);
            if (Stopwatch.GetTimestamp() > deadlineNs)
                _failure ??= $"{_endPoint}: replies were missing 10 s after the last request";
        }
    }

    private void ThrowOnFailure()
    {
        if (_failure is not null)
            throw new LoadException(_failure);
    }
}
