// Publishers and subscribers of one server on one thread. Data plane while it runs.
//
// A closed loop: a publisher sends its next batch when the last one is answered and the subscribers are no further behind than a few batches, so that what is
// measured is delivering, and not how output piles up.
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Servers;
using FastKv.Memory;
using FastKv.Network;

namespace FastKv.Bench.PubSub;

/// <summary>What is published, and to how many.</summary>
/// <param name="Subscribers">Connections that listen, all to the same channel.</param>
/// <param name="Publishers">Connections that publish to it.</param>
/// <param name="Pipeline">Messages per batch.</param>
/// <param name="PayloadBytes">Size of a message.</param>
internal sealed record FanOutCase(int Subscribers, int Publishers, int Pipeline, int PayloadBytes)
{
    /// <summary>As in tables.</summary>
    public string Name => FormattableString.Invariant($"{Publishers} publishing, {Subscribers} listening, P={Pipeline}, {PayloadBytes} B");
}

/// <summary>Figures of one stretch.</summary>
internal readonly record struct FanOutFigures(double DeliveriesPerSecond, double ServerNsPerDelivery);

/// <summary>An event loop with all connections. One thread.</summary>
internal sealed class FanOutLoad : IConnectionHandler, IDisposable
{
    private const string Channel = "news:all";
    private const int PollMicroseconds = 20_000;
    private const long PatienceNs = 10_000_000_000;

    /// <summary>Deliveries that may be under way: some megabytes, well below the limits of subscribers' buffers.</summary>
    private const long BacklogMax = 100_000;

    private readonly BufferPool _pool = new();
    private readonly EventLoop _loop;
    private readonly FanOutCase _case;
    private readonly Peer[] _peers;
    private readonly byte[] _batch;
    private readonly int _messageBytes;
    private int _ready;
    private long _published;
    private long _deliveredBytes;
    private string? _failure;

    /// <summary>Connects and subscribes.</summary>
    /// <exception cref="LoadException">A connection was refused.</exception>
    public FanOutLoad(EndPoint endPoint, FanOutCase settings)
    {
        _case = settings;
        string payload = new('x', settings.PayloadBytes);
        byte[] publish = ControlClient.Encode("PUBLISH", Channel, payload);
        _batch = [.. Enumerable.Repeat(publish, settings.Pipeline).SelectMany(bytes => bytes)];
        _messageBytes = Encoding.ASCII.GetByteCount($"*3\r\n$7\r\nmessage\r\n${Channel.Length}\r\n{Channel}\r\n${payload.Length}\r\n{payload}\r\n");
        _loop = EventLoop.Create(IoEngine.Auto, this, _pool, settings.Subscribers + settings.Publishers);
        _peers = [.. Enumerable.Range(0, settings.Subscribers + settings.Publishers).Select(i => new Peer(i < settings.Subscribers))];
        byte[] subscribe = ControlClient.Encode("SUBSCRIBE", Channel);
        foreach (Peer peer in _peers)
        {
            peer.Network = _loop.Connect(endPoint, peer);
            if (!peer.IsSubscriber)
                continue;
            peer.Network.Output.Append(subscribe);
            _loop.Flush(peer.Network);
        }
        Await(() => _ready == _peers.Length + settings.Subscribers, "connections are missing");
    }

    /// <summary>Publishes for some time, then waits until everything has arrived.</summary>
    /// <exception cref="LoadException">A connection was lost, or messages are missing 10 s later.</exception>
    public FanOutFigures Run(double seconds, int serverProcess)
    {
        _published = _deliveredBytes = 0;
        long cpu = CpuClock.ProcessNs(serverProcess);
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds && _failure is null)
        {
            Publish();
            _loop.Poll(PollMicroseconds);
        }
        Await(() => Backlog == 0 && _peers.All(peer => peer.RepliesMissing == 0), "messages are missing");
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double deliveries = (double)_published * _case.Subscribers;
        return new FanOutFigures(deliveries / elapsed, (CpuClock.ProcessNs(serverProcess) - cpu) / deliveries);
    }

    /// <inheritdoc/>
    public void OnAccepted(int socket, Listener listener) => SocketOptions.Close(socket);

    /// <inheritdoc/>
    public void OnConnected(Connection connection) => _ready++;

    /// <inheritdoc/>
    public void OnWritable(Connection connection)
    {
    }

    /// <inheritdoc/>
    public void OnClosed(Connection connection, CloseReason reason) => _failure ??= "the server closed a connection";

    /// <inheritdoc/>
    public void OnReceived(Connection connection, ReadOnlySpan<byte> bytes)
    {
        var peer = Unsafe.As<Peer>(connection.Owner!);
        if (peer.IsSubscriber && peer.IsSubscribed)
        {
            _deliveredBytes += bytes.Length;
            return;
        }
        if (peer.IsSubscriber)
        {
            // The confirmation is short and comes alone: nobody publishes yet.
            peer.IsSubscribed = true;
            _ready++;
            return;
        }
        peer.RepliesMissing -= bytes.Count((byte)'\n');
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Dispose();
        _pool.Dispose();
    }

    private long Backlog => (_published * _case.Subscribers) - (_deliveredBytes / _messageBytes);

    private void Publish()
    {
        foreach (Peer peer in _peers)
        {
            if (peer.IsSubscriber || peer.RepliesMissing > 0 || Backlog > BacklogMax)
                continue;
            peer.RepliesMissing = _case.Pipeline;
            _published += _case.Pipeline;
            peer.Network.Output.Append(_batch);
            _loop.Flush(peer.Network);
        }
    }

    private void Await(Func<bool> isDone, string missing)
    {
        long deadline = Stopwatch.GetTimestamp() + PatienceNs;
        while (!isDone() && _failure is null)
        {
            _loop.Poll(PollMicroseconds);
            if (Stopwatch.GetTimestamp() > deadline)
                _failure ??= missing;
        }
        if (_failure is not null)
            throw new LoadException($"{_case.Name}: {_failure}");
    }

    private sealed class Peer(bool isSubscriber)
    {
        public bool IsSubscriber { get; } = isSubscriber;

        public Connection Network { get; set; } = null!;

        public bool IsSubscribed { get; set; }

        public int RepliesMissing { get; set; }
    }
}
