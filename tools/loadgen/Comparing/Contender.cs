// One of the two servers of a comparison, with its connections. Control plane.
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using FastKv.LoadGen.Servers;

namespace FastKv.LoadGen.Comparing;

/// <summary>Runs rounds on a server and says what each cost.</summary>
internal sealed class Contender : IDisposable
{
    private readonly ServerProcess? _started;
    private readonly LoadGroup _group;
    private readonly int _processId;

    /// <summary>Starts the server if asked to, and connects.</summary>
    /// <exception cref="LoadException">That fails, or its CPU time cannot be read.</exception>
    public Contender(ServerChoice choice, LoadOptions options, int serverCore, string label)
    {
        if (choice.StartCommand is not null)
            _started = ServerProcess.Start(choice.StartCommand, serverCore);
        else if (choice.Address is null)
            throw new LoadException($"Give --{label} or --start-{label}.");
        try
        {
            Address = _started?.Address ?? ServerAddress.Parse(choice.Address!);
            using ControlClient control = options.OpenControl(Address);
            Facts = ServerFacts.Ask(control);
            _processId = ServerCpu.ProcessOf(Address, Facts);
            if (_processId == 0)
                throw new LoadException($"The process of --{label} {Address.Text} is unknown: give it as {Address.Text},pid.");
            ServerAddress.CheckProcess(_processId);
            if (_started is null && serverCore >= 0)
                CpuAffinity.PinProcess(_processId, [serverCore]);
            _group = new LoadGroup(options.Recipe(Address), options.Connections, options.Threads, options.ClientCores);
        }
        catch
        {
            _started?.Dispose();
            throw;
        }
    }

    /// <summary>Where it listens.</summary>
    public ServerAddress Address { get; }

    /// <summary>What it says of itself.</summary>
    public ServerFacts Facts { get; }

    /// <summary>Event loop of the client.</summary>
    public string EngineName => _group.EngineName;

    /// <summary>Resident memory of its process in bytes.</summary>
    public long ResidentBytes => ServerFacts.ResidentBytes(_processId);

    /// <summary>Runs a phase that is not measured.</summary>
    /// <exception cref="LoadException">A reply was an error: the figures would be of something else than was asked for.</exception>
    public void Prepare(LoadPhase phase, Action<long, double> progress) => Check(_group.Run(phase, progress));

    /// <summary>Runs a phase and measures it on both sides.</summary>
    /// <exception cref="LoadException">As for <see cref="Prepare"/>.</exception>
    public RoundRow Measure(LoadPhase phase, Action<long, double> progress)
    {
        var cpu = ServerCpu.Start(_processId);
        PhaseResult result = _group.Run(phase, progress);
        ServerCost cost = cpu.Stop();
        Check(result);
        return new RoundRow(
            result.Requests, result.Errors, result.NotSent, result.ElapsedSeconds, result.RequestsPerSecond, cost.MicrosecondsPer(result.Requests),
            JsonFile.OrNull(cost.UserShare), result.ClientCpuMicroseconds, LatencyRow.Of(result.Latency));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _group.Dispose();
        _started?.Dispose();
    }

    private void Check(PhaseResult result)
    {
        if (result.Errors > 0)
            throw new LoadException($"{Facts.Name} at {Address.Text} answered {result.Errors} request(s) with an error: {result.FirstError}");
    }
}
