// CPU time of a server over a stretch. Control plane.
namespace FastKv.LoadGen.Servers;

/// <summary>What a stretch cost the server.</summary>
/// <param name="Seconds">CPU time; NaN when the server is not on this machine.</param>
/// <param name="UserShare">Part of it in user mode, from ticks of 10 ms; NaN when unknown.</param>
internal readonly record struct ServerCost(double Seconds, double UserShare)
{
    /// <summary>Microseconds per request.</summary>
    public double MicrosecondsPer(long requests) => requests > 0 ? Seconds * 1e6 / requests : double.NaN;
}

/// <summary>A running measurement.</summary>
internal readonly struct ServerCpu
{
    private readonly int _processId;
    private readonly long _startNs;
    private readonly long _startUser;
    private readonly long _startSystem;

    private ServerCpu(int processId)
    {
        _processId = processId;
        if (processId == 0)
            return;
        ServerAddress.CheckProcess(processId);
        (_startUser, _startSystem) = CpuClock.ProcessTicks(processId);
        _startNs = CpuClock.ProcessNs(processId);
    }

    /// <summary>Begins; 0 for a process that cannot be seen.</summary>
    public static ServerCpu Start(int processId) => new(processId);

    /// <summary>
    /// The process of a server: as given with the address, else as the server says when it is on this machine, else 0. (A server behind a port
    /// forwarder or in a container may name a process of another name space; give the number then.)
    /// </summary>
    public static int ProcessOf(ServerAddress address, ServerFacts facts)
    {
        if (address.ProcessId > 0)
            return address.ProcessId;
        return address.IsLocal && facts.ProcessId > 0 && CpuClock.ProcessNs(facts.ProcessId) >= 0 ? facts.ProcessId : 0;
    }

    /// <summary>The cost since the start.</summary>
    public ServerCost Stop()
    {
        if (_processId == 0)
            return new ServerCost(double.NaN, double.NaN);
        long ns = CpuClock.ProcessNs(_processId) - _startNs;
        (long user, long system) = CpuClock.ProcessTicks(_processId);
        long ticks = user - _startUser + system - _startSystem;
        return new ServerCost(ns / 1e9, ticks > 0 ? (double)(user - _startUser) / ticks : double.NaN);
    }
}
