// A thread that drives a share of the connections. Data plane while a phase runs; connecting and reporting are control plane.
//
// Closed loop: a connection sends a batch of `Pipeline` requests with one write, and the next one when all are answered, as redis-benchmark does.
// Open loop: batches leave at fixed times, dealt out over the connections, whether or not earlier ones are answered. Their latency counts from
// the time at which they were due, so a server that stalls is charged for the requests that would have come meanwhile (no coordinated omission).
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using FastKv.LoadGen.Servers;
using FastKv.Memory;
using FastKv.Network;

namespace FastKv.LoadGen.Load;

/// <summary>How a worker reaches its server.</summary>
/// <param name="EndPoint">TCP or Unix.</param>
/// <param name="SetupCommands">Sent once on each connection, complete requests one behind the other.</param>
/// <param name="SetupCount">How many these are.</param>
/// <param name="IoEngine">Event loop.</param>
internal sealed record ConnectionRecipe(EndPoint EndPoint, byte[] SetupCommands, int SetupCount, IoEngine IoEngine);

/// <summary>An event loop and its client connections. All members but the counters are for its own thread.</summary>
internal sealed unsafe class LoadWorker : IConnectionHandler, IDisposable
{
    /// <summary>Time to connect, and time for the last replies of a phase.</summary>
    private const long PatienceNs = 10_000_000_000;

    /// <summary>Open loop: a sleep of the kernel's ends late by about this, so the last stretch before a batch is due is spent polling.</summary>
    private const long WakeUpNs = 100_000;

    private const int PollMicroseconds = 50_000;

    private readonly EventLoop _loop;
    private readonly BufferPool _pool = new();
    private readonly LoadConnection[] _connections;
    private readonly ConnectionRecipe _recipe;
    private readonly int _index;
    private readonly int _workerCount;
    private readonly LatencyHistogram _latency = new();
    private RequestMix _mix;
    private FieldSource _fields;
    private int _pipeline;
    private long _quota;
    private bool _closedLoop;
    private bool _stopping;
    private bool _busyPoll;
    private int _ready;
    private int _outstanding;
    private long _completed;
    private long _errors;
    private long _nulls;
    private string? _firstError;
    private string? _failure;

    // Open loop.
    private double _batchIntervalNs;
    private long _startNs;
    private long _deadlineNs;
    private long _batchesSent;
    private int _nextConnection;
    private int _senders;

    /// <summary>Makes the loop; connects nothing yet.</summary>
    public LoadWorker(ConnectionRecipe recipe, int connections, int index, int workerCount)
    {
        _recipe = recipe;
        _index = index;
        _workerCount = workerCount;
        _loop = EventLoop.Create(recipe.IoEngine, this, _pool, connections);
        _connections = [.. Enumerable.Range(0, connections).Select(_ => new LoadConnection())];
        _mix = new RequestMix([RequestTemplate.Parse("PING", new TemplateSizes(1, 0))], [1], 0);
        _fields = new FieldSource(new KeySource(KeyDistribution.Sequential, 0, 1, 0, 0), 0, index, workerCount);
    }

    /// <summary>Replies of the present phase; any thread, for the progress line.</summary>
    public long Completed => Volatile.Read(ref _completed);

    /// <summary>Event loop in use.</summary>
    public string EngineName => _loop.EngineName;

    /// <summary>Opens all connections and sends the set-up commands.</summary>
    /// <exception cref="LoadException">One was refused, or a set-up command failed.</exception>
    public void Connect()
    {
        foreach (LoadConnection connection in _connections)
        {
            connection.Network = _loop.Connect(_recipe.EndPoint, connection);
            connection.SetupAwaited = _recipe.SetupCount;
            if (_recipe.SetupCount == 0)
                continue;
            connection.Network.Output.Append(_recipe.SetupCommands);
            _loop.Flush(connection.Network);
        }
        long deadlineNs = Stopwatch.GetTimestamp() + PatienceNs;
        while (_ready < _connections.Length && _failure is null)
        {
            _loop.Poll(PollMicroseconds);
            if (Stopwatch.GetTimestamp() > deadlineNs)
                throw new LoadException($"{_ready} of {_connections.Length} connections to {_recipe.EndPoint} were ready after 10 s");
        }
        ThrowOnFailure();
    }

    /// <summary>Runs a phase until its end and the last reply.</summary>
    /// <exception cref="LoadException">A connection was lost, a reply malformed, or the server silent.</exception>
    public PhaseResult Run(LoadPhase phase)
    {
        Prepare(phase);
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        long cpuBefore = CpuClock.CurrentThreadNs();
        _startNs = Stopwatch.GetTimestamp();
        _deadlineNs = phase.DurationSeconds > 0 ? _startNs + (long)(phase.DurationSeconds * 1e9) : long.MaxValue;
        if (_closedLoop)
            StartAll();
        while (!_stopping && (_outstanding > 0 || !_closedLoop) && _failure is null)
            Turn();
        Drain();
        long endNs = Stopwatch.GetTimestamp();
        long cpuNs = CpuClock.CurrentThreadNs() - cpuBefore;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        ThrowOnFailure();
        var latency = new LatencyHistogram();
        latency.Add(_latency);
        return new PhaseResult
        {
            Requests = _completed,
            Errors = _errors,
            Nulls = _nulls,
            FirstError = _firstError,
            NotSent = CountNotSent(phase),
            ElapsedSeconds = (endNs - _startNs) / 1e9,
            ClientCpuSeconds = cpuNs / 1e9,
            AllocatedBytes = allocated,
            Latency = latency,
        };
    }

    /// <inheritdoc/>
    public void OnAccepted(int socket, Listener listener) => SocketOptions.Close(socket);

    /// <inheritdoc/>
    public void OnConnected(Connection connection)
    {
        if (_recipe.SetupCount == 0)
            _ready++;
    }

    /// <inheritdoc/>
    public void OnReceived(Connection connection, ReadOnlySpan<byte> bytes)
    {
        LoadConnection state = Unsafe.As<LoadConnection>(connection.Owner!);
        fixed (byte* start = bytes)
        {
            int count = state.Partial.Length == 0 ? TakeWhole(state, start, start + bytes.Length) : TakeResumed(state, start, bytes.Length);
            if (count == 0)
                return;
            if (state.SetupAwaited > 0)
                CompleteSetup(state, count);
            else
                Complete(state, count);
        }
    }

    /// <inheritdoc/>
    public void OnWritable(Connection connection)
    {
        // The output of a phase is bounded by its pipeline: there is nothing to hold back.
    }

    /// <inheritdoc/>
    public void OnClosed(Connection connection, CloseReason reason)
    {
        LoadConnection state = Unsafe.As<LoadConnection>(connection.Owner!);
        state.Network = null;
        string why = connection.ErrorCode != 0 ? new NetworkException("connection", connection.ErrorCode).Message : "closed by the server";
        _failure ??= $"{_recipe.EndPoint}: {why}";
    }

    /// <summary>Closes the connections without waiting.</summary>
    public void Dispose()
    {
        _loop.Dispose();
        foreach (LoadConnection connection in _connections)
        {
            if (connection.Partial.AllocatedBytes > 0)
                connection.Partial.Release();
        }
        _pool.Dispose();
    }

    private void Prepare(LoadPhase phase)
    {
        ulong seed = phase.Seed + ((ulong)_index * 1000);
        _mix = new RequestMix([.. phase.Commands.Select(c => c.Template)], [.. phase.Commands.Select(c => c.Weight)], seed);
        long share = phase.Requests / _workerCount;
        // A preload deals the keys out, if each is named once; else each worker goes round all of them.
        bool isDealt = phase.IsPreload && phase.Requests == phase.Keys;
        long first = isDealt ? share * _index : 0;
        if (_index == _workerCount - 1)
            share += phase.Requests % _workerCount;
        _quota = phase.Requests > 0 ? share : long.MaxValue;
        long keyCount = isDealt ? Math.Max(share, 1) : phase.Keys;
        var keys = new KeySource(phase.IsPreload ? KeyDistribution.Sequential : phase.Distribution, first, keyCount, phase.Theta, seed + 1);
        _fields = new FieldSource(keys, seed + 2, _fields.Sequence, _workerCount);
        _senders = phase.ConnectionsMax > 0 ? Math.Min(phase.ConnectionsMax, _connections.Length) : _connections.Length;
        _pipeline = phase.Pipeline;
        _closedLoop = phase.RatePerSecond <= 0;
        _batchIntervalNs = _closedLoop ? 0 : 1e9 * phase.Pipeline * _workerCount / phase.RatePerSecond;
        _busyPoll = phase.BusyPoll;
        _stopping = false;
        _completed = _errors = _nulls = 0;
        _batchesSent = 0;
        _latency.Clear();
    }

    private void StartAll()
    {
        for (int i = 0; i < _senders; i++)
            SendBatch(_connections[i], _startNs);
    }

    // Not inlined, as all loop bodies here: loops that run for seconds would otherwise stay in code compiled on stack replacement.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Turn()
    {
        long nowNs = Stopwatch.GetTimestamp();
        if (nowNs >= _deadlineNs)
        {
            _stopping = true;
            return;
        }
        long timeoutMicroseconds = PollMicroseconds;
        if (!_closedLoop)
            timeoutMicroseconds = SendDue(nowNs);
        _loop.Poll(_busyPoll ? 0 : timeoutMicroseconds);
    }

    /// <summary>Open loop: sends what is due, and returns how long may be slept until the next batch is.</summary>
    private long SendDue(long nowNs)
    {
        long dueNs = _startNs + (long)(_batchesSent * _batchIntervalNs);
        while (dueNs <= nowNs)
        {
            if (_quota == 0)
            {
                _stopping = true;
                return 0;
            }
            LoadConnection? connection = FindFree();
            if (connection is null)
                return PollMicroseconds;
            SendBatch(connection, dueNs);
            _batchesSent++;
            dueNs = _startNs + (long)(_batchesSent * _batchIntervalNs);
        }
        long aheadNs = dueNs - nowNs - WakeUpNs;
        return aheadNs <= 0 ? 0 : Math.Min(aheadNs / 1000, PollMicroseconds);
    }

    private LoadConnection? FindFree()
    {
        for (int tried = 0; tried < _senders; tried++)
        {
            LoadConnection connection = _connections[_nextConnection];
            if (++_nextConnection >= _senders)
                _nextConnection = 0;
            if (!connection.IsFull)
                return connection;
        }
        return null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void SendBatch(LoadConnection state, long dueNs)
    {
        int count = (int)Math.Min(_pipeline, _quota);
        Connection? network = state.Network;
        if (count == 0 || network is null)
            return;
        int requests = _mix.Single is { } template ? WriteSame(network.Output, template, count) : WriteMixed(network.Output, count);
        _quota = Math.Max(0, _quota - requests);
        _outstanding += requests;
        state.Begin(dueNs, requests);
        _loop.Flush(network);
    }

    /// <summary>Writes <paramref name="count"/> times the same; returns how many requests that is.</summary>
    private int WriteSame(BufferChain output, RequestTemplate template, int count)
    {
        FieldSource fields = _fields;
        for (int i = 0; i < count; i++)
            output.Commit(template.Write(output.Reserve(template.RoomBytes), fields));
        return count * template.Requests;
    }

    private int WriteMixed(BufferChain output, int count)
    {
        int requests = 0;
        for (int i = 0; i < count; i++)
        {
            RequestTemplate template = _mix.Next();
            output.Commit(template.Write(output.Reserve(template.RoomBytes), _fields));
            requests += template.Requests;
        }
        return requests;
    }

    /// <summary>Counts the replies from <paramref name="position"/> on, in place, and keeps a part of one that is left at the end.</summary>
    private int TakeWhole(LoadConnection state, byte* position, byte* end)
    {
        int count = 0;
        while (position < end)
        {
            long length = ReplyScanner.TryMeasure(position, end);
            if (length <= 0)
            {
                if (length < 0)
                    Fail(state, "malformed reply");
                else
                    state.Partial.Append(position, end - position);
                break;
            }
            if (IsNotable(position))
                Note(position, length);
            position += length;
            count++;
        }
        return count;
    }

    /// <summary>
    /// The same where the start of the first reply came before. That one is scanned on from where the scan stood, so that a large reply takes linear time;
    /// the others are short enough to be scanned again when their end is missing.
    /// </summary>
    private int TakeResumed(LoadConnection state, byte* bytes, int byteCount)
    {
        state.Partial.Append(bytes, byteCount);
        byte* position = state.Partial.Data;
        byte* end = position + state.Partial.Length;
        int count = 0;
        while (position < end)
        {
            long length = count == 0 ? state.Reader.Measure(position, end) : ReplyScanner.TryMeasure(position, end);
            if (length < 0)
                Fail(state, "malformed reply");
            if (length <= 0)
                break;
            if (IsNotable(position))
                Note(position, length);
            position += length;
            count++;
        }
        state.Partial.RemovePrefix(position - state.Partial.Data);
        return count;
    }

    /// <summary>An error, or a null: the bytes '-' of both are looked at in one load. Each reply has at least three bytes.</summary>
    private static bool IsNotable(byte* reply) => *reply is (byte)'-' or (byte)'_' or (byte)'!' || reply[1] == '-';

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Note(byte* reply, long length)
    {
        if (*reply is (byte)'-' or (byte)'!')
        {
            _errors++;
            _firstError ??= Encoding.UTF8.GetString(reply + 1, (int)Math.Min(length - 3, 200));
        }
        else if (*reply is (byte)'$' or (byte)'*' or (byte)'_')
        {
            _nulls++;
        }
    }

    private void CompleteSetup(LoadConnection state, int count)
    {
        state.SetupAwaited -= count;
        if (_errors > 0)
            _failure ??= $"{_recipe.EndPoint}: {_firstError}";
        if (state.SetupAwaited == 0)
            _ready++;
    }

    private void Complete(LoadConnection state, int count)
    {
        if (count > state.Outstanding)
        {
            Fail(state, "more replies than requests");
            return;
        }
        long nowNs = Stopwatch.GetTimestamp();
        state.Complete(count, nowNs, _latency);
        _outstanding -= count;
        Volatile.Write(ref _completed, _completed + count);
        if (_closedLoop && state.Outstanding == 0 && !_stopping)
            SendBatch(state, nowNs);
    }

    private void Fail(LoadConnection state, string reason)
    {
        _failure ??= $"{_recipe.EndPoint}: {reason}";
        if (state.Network is not null)
            _loop.Close(state.Network, afterFlush: false);
    }

    private void Drain()
    {
        _stopping = true;
        long deadlineNs = Stopwatch.GetTimestamp() + PatienceNs;
        while (_outstanding > 0 && _failure is null)
        {
            _loop.Poll(PollMicroseconds);
            if (Stopwatch.GetTimestamp() > deadlineNs)
                _failure ??= $"{_recipe.EndPoint}: {_outstanding} replies were missing 10 s after the last request";
        }
    }

    private long CountNotSent(LoadPhase phase)
    {
        if (_closedLoop || phase.DurationSeconds <= 0)
            return 0;
        long due = (long)(phase.DurationSeconds * 1e9 / _batchIntervalNs);
        return Math.Max(0, due - _batchesSent) * _pipeline;
    }

    private void ThrowOnFailure()
    {
        if (_failure is not null)
            throw new LoadException(_failure);
    }
}
