using FastKv.Engine.Commands;

namespace FastKv.Engine;

/// <summary>Server-wide views over the counters of all loops and partitions, and the sampled rates of INFO. Control plane; sampling on loop 0.</summary>
internal sealed class ServerStatistics(FastKvServer server)
{
    /// <summary>Redis averages the instantaneous figures over 16 samples.</summary>
    private const int SamplesMax = 16;

    /// <summary>Time between samples, milliseconds.</summary>
    private const long PeriodMs = 100;

    private readonly FastKvServer _server = server;
    private readonly double[] _operations = new double[SamplesMax];
    private readonly double[] _input = new double[SamplesMax];
    private readonly double[] _output = new double[SamplesMax];
    private readonly double[] _turns = new double[SamplesMax];
    private readonly double[] _turnUs = new double[SamplesMax];
    private int _next;
    private long _lastMs;
    private long _lastCommands, _lastInput, _lastOutput, _lastTurns, _lastTurnUs;
    private long _peakBytes;
    private long _outputBytesBefore;

    /// <summary>Commands run so far.</summary>
    public long Commands
    {
        get
        {
            long sum = 0;
            foreach (var loop in _server.Loops)
                sum += loop.Statistics.Commands.TotalCalls;
            foreach (var partition in _server.Partitions)
                sum += partition.Statistics.Commands.TotalCalls;
            return sum;
        }
    }

    public double OperationsPerSecond => _operations.Average();

    public double InputKilobytesPerSecond => _input.Average() / 1024;

    public double OutputKilobytesPerSecond => _output.Average() / 1024;

    public double TurnsPerSecond => _turns.Average();

    /// <summary>Microseconds that a turn took of late.</summary>
    public double TurnMicroseconds => _turnUs.Average();

    /// <summary>Bytes sent to clients.</summary>
    public long OutputBytes => SentBytes - _outputBytesBefore;

    /// <summary>Bytes of native memory that were in use before the server served anyone.</summary>
    public long StartupBytes { get; } = UsedBytesOf(server);

    /// <summary>Bytes of native memory in use: heaps of all partitions and buffers.</summary>
    public long UsedBytes => UsedBytesOf(_server);

    /// <summary>The most of them so far, as far as samples tell.</summary>
    public long PeakBytes => _peakBytes = Math.Max(_peakBytes, UsedBytes);

    /// <summary>What all loops and partitions have counted of one command.</summary>
    public CommandFigures Of(CommandDescriptor command)
    {
        CommandFigures sum = default;
        foreach (var loop in _server.Loops)
            sum.Add(loop.Statistics.Commands, command);
        foreach (var partition in _server.Partitions)
            sum.Add(partition.Statistics.Commands, command);
        return sum;
    }

    /// <summary>Time of all commands, estimated from those that were timed.</summary>
    public double CommandNanoseconds
    {
        get
        {
            double sum = 0;
            foreach (var command in CommandTable.All)
                sum += Of(command).Nanoseconds;
            return sum;
        }
    }

    /// <summary>Calls of a command whose duration falls into a bucket of <see cref="LatencyHistogram"/>.</summary>
    public long LatenciesAt(CommandDescriptor command, int bucket)
    {
        long sum = 0;
        foreach (var loop in _server.Loops)
            sum += loop.Statistics.Commands.LatenciesAt(command, bucket);
        foreach (var partition in _server.Partitions)
            sum += partition.Statistics.Commands.LatenciesAt(command, bucket);
        return sum;
    }

    /// <summary>Calls of a command that are in no bucket, because none was timed since.</summary>
    public long UntimedOf(CommandDescriptor command)
    {
        long sum = 0;
        foreach (var loop in _server.Loops)
            sum += loop.Statistics.Commands.UntimedOf(command);
        foreach (var partition in _server.Partitions)
            sum += partition.Statistics.Commands.UntimedOf(command);
        return sum;
    }

    /// <summary>Sum of one counter over the loops.</summary>
    public long OverLoops(Func<LoopStatistics, long> counter) => _server.Loops.Sum(loop => counter(loop.Statistics));

    /// <summary>Sum of one counter over the partitions.</summary>
    public long OverPartitions(Func<PartitionStatistics, long> counter) => _server.Partitions.Sum(partition => counter(partition.Statistics));

    /// <summary>Takes a sample when one is due. Allocates nothing: it runs inside a turn.</summary>
    public void Sample(long nowMs)
    {
        long elapsed = nowMs - _lastMs;
        if (elapsed < PeriodMs)
            return;
        long commands = Commands, input = 0, output = OutputBytes, turns = 0, turnUs = 0;
        foreach (var loop in _server.Loops)
        {
            input += loop.Statistics.NetworkInputBytes;
            turns += loop.Statistics.Turns;
            turnUs += loop.Statistics.TurnUs;
        }
        _turns[_next] = Rate(turns - _lastTurns, elapsed);
        _turnUs[_next] = turns <= _lastTurns ? 0 : Math.Max(0, turnUs - _lastTurnUs) / (double)(turns - _lastTurns);
        (_lastTurns, _lastTurnUs) = (turns, turnUs);
        _operations[_next] = Rate(commands - _lastCommands, elapsed);
        _input[_next] = Rate(input - _lastInput, elapsed);
        _output[_next] = Rate(output - _lastOutput, elapsed);
        _next = (_next + 1) % SamplesMax;
        (_lastMs, _lastCommands, _lastInput, _lastOutput) = (nowMs, commands, input, output);
        _peakBytes = Math.Max(_peakBytes, UsedBytes);
    }

    /// <summary>CONFIG RESETSTAT. The peak stays, as in Redis.</summary>
    public void Reset()
    {
        foreach (var loop in _server.Loops)
            loop.Statistics.Reset();
        foreach (var partition in _server.Partitions)
        {
            partition.Statistics.Reset();
            partition.LazyFree.ResetStatistics();
            partition.Evictor.Compaction.ResetStatistics();
        }
        _server.MemoryLimit.ResetStatistics();
        _server.Aof.ResetStatistics();
        _server.Aof.Pressure.ResetStatistics();
        foreach (double[] samples in (double[][])[_operations, _input, _output, _turns, _turnUs])
            Array.Clear(samples);
        _outputBytesBefore = SentBytes;
        _lastCommands = _lastInput = _lastOutput = _lastTurns = _lastTurnUs = 0;
    }

    private long SentBytes
    {
        get
        {
            long sum = 0;
            foreach (var loop in _server.Loops)
                sum += loop.SentBytes;
            return sum;
        }
    }

    private static long UsedBytesOf(FastKvServer server)
    {
        long sum = Memory.NativeBlock.OutstandingBytes + server.MemoryLimit.ManagedBytes;
        foreach (var partition in server.Partitions)
            sum += partition.Heap.UsedBytes;
        return sum;
    }

    private static double Rate(long delta, long elapsedMs) => delta < 0 ? 0 : delta * 1000.0 / elapsedMs;
}

/// <summary>INFO commandstats' figures of one command.</summary>
internal struct CommandFigures
{
    public long Calls, Failed, Rejected;
    public double Nanoseconds;

    public readonly bool IsUnused => Calls == 0 && Failed == 0 && Rejected == 0;

    public void Add(CommandStatistics statistics, CommandDescriptor command)
    {
        Calls += statistics.CallsOf(command);
        Failed += statistics.FailedOf(command);
        Rejected += statistics.RejectedOf(command);
        Nanoseconds += statistics.NanosecondsOf(command);
    }
}
