using System.Diagnostics;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Serializability;

/// <summary>
/// Several clients, each a thread with a socket, send random operations to a server in short rounds. Between rounds nothing is under way and
/// all keys are read, so the state before each round is known and each round is checked on its own, exactly.
/// </summary>
internal sealed class HistoryRun : IDisposable
{
    private const int Clients = 4;
    private const int BatchesPerRound = 3;

    private readonly Workload _workload;
    private readonly HistoryChecker _checker = new();
    private readonly RespClient _observer;
    private readonly RespClient[] _connections;
    private readonly Thread[] _threads;
    private readonly Barrier _barrier = new(Clients + 1);
    private readonly Operation[][][] _plan = new Operation[Clients][][];
    private readonly List<Exception> _failures = [];
    private RoundState _state = new();
    private bool _ended;

    public HistoryRun(ServerProcess server, int shards, int seed)
    {
        _workload = new Workload(seed, shards);
        _observer = server.Connect();
        _observer.Call("FLUSHALL");
        _connections = [.. Enumerable.Range(0, Clients).Select(_ => server.Connect())];
        _threads = [.. Enumerable.Range(0, Clients).Select(client => new Thread(() => RunClient(client)))];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    /// <summary>Operations sent and checked.</summary>
    public int Operations { get; private set; }

    /// <summary>Transactions among them, and those refused because a watched key had changed. (Counted by several threads: about so many.)</summary>
    public int Transactions, Refused;

    /// <summary>Pairs of the checker's search.</summary>
    public long Tried => _checker.Tried;

    /// <summary>Runs and checks one round.</summary>
    /// <returns>The history when it is not strictly serialisable; else null.</returns>
    public string? RunRound()
    {
        for (int client = 0; client < Clients; client++)
            _plan[client] = _workload.NextClient(client, BatchesPerRound);
        _barrier.SignalAndWait();
        _barrier.SignalAndWait();
        if (_failures.Count > 0)
            throw new AggregateException(_failures);

        Operation final = _workload.ReadAll();
        final.Client = Clients;
        Send(_observer, [final]);
        Operation[] round = Collect(final);
        Operations += round.Length;
        RoundState start = _state;
        for (int i = 0; i < final.Keys.Length; i++)
            _state[final.Keys[i]] = final.Result[i];
        if (_checker.IsSerializable(round, start))
            return null;
        string before = string.Join(' ', final.Keys.Select(key => $"k{key}={start[key]}"));
        return $"before: {before}\n" + string.Join('\n', round.OrderBy(operation => operation.InvokedAt));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended = true;
        _barrier.SignalAndWait();
        foreach (Thread thread in _threads)
            thread.Join();
        foreach (RespClient connection in _connections)
            connection.Dispose();
        _observer.Dispose();
        _barrier.Dispose();
    }

    private Operation[] Collect(Operation final)
    {
        var round = new List<Operation>();
        foreach (Operation[] batch in _plan.SelectMany(client => client))
        {
            for (int i = 0; i < batch.Length; i++)
            {
                // Pipelined commands of one shard each may run side by side when the shards differ; all else keeps the order of the pipeline.
                for (int j = 0; j < i; j++)
                {
                    int shard = _workload.ShardOf(batch[i]), earlier = _workload.ShardOf(batch[j]);
                    bool sideBySide = shard >= 0 && earlier >= 0 && shard != earlier;
                    if (!sideBySide)
                        batch[i].PipelinedBefore |= 1UL << (round.Count - i + j);
                }
                round.Add(batch[i]);
            }
        }
        round.Add(final);
        return [.. round];
    }

    private void RunClient(int client)
    {
        while (true)
        {
            _barrier.SignalAndWait();
            if (_ended)
                return;
            try
            {
                foreach (Operation[] batch in _plan[client])
                    Send(_connections[client], batch);
            }
            catch (Exception exception)
            {
                // Kept for the thread that runs the test, which waits at the barrier.
                lock (_failures)
                    _failures.Add(exception);
            }
            _barrier.SignalAndWait();
        }
    }

    private void Send(RespClient connection, Operation[] batch)
    {
        string[][][] commands = Array.ConvertAll(batch, operation => operation.Commands(_workload.Names));
        byte[] bytes = [.. commands.SelectMany(c => c).SelectMany(command => RespClient.Encode(command))];
        long now = Stopwatch.GetTimestamp();
        foreach (Operation operation in batch)
            operation.InvokedAt = now;
        connection.SendRaw(bytes);
        for (int i = 0; i < batch.Length; i++)
        {
            for (int before = 1; before < commands[i].Length; before++)
                RequireAccepted(connection.Read());
            batch[i].Complete(connection.Read(), Stopwatch.GetTimestamp());
            Refused += batch[i].IsRefused ? 1 : 0;
            Transactions += batch[i].Parts.Length > 0 ? 1 : 0;
        }
    }

    private static void RequireAccepted(RespFrame reply)
    {
        if (reply.Text is not ("OK" or "QUEUED"))
            throw new InvalidOperationException("not accepted: " + reply.Text);
    }
}
