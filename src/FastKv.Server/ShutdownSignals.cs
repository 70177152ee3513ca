// SIGTERM and SIGINT (control plane): the first asks for an orderly shutdown, a second SIGINT ends the process at once.
using System.Runtime.InteropServices;
using FastKv.Engine.Logging;

namespace FastKv.Server;

/// <summary>Turns signals into a shutdown request.</summary>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly Action<string> requestShutdown;
    private readonly ServerLog log;
    private readonly PosixSignalRegistration terminate;
    private readonly PosixSignalRegistration interrupt;
    private readonly PosixSignalRegistration hangUp;
    private int requests;

    /// <summary>Starts listening; the action gets the signal's name, on a thread of its own.</summary>
    internal ShutdownSignals(Action<string> requestShutdown, ServerLog log)
    {
        this.requestShutdown = requestShutdown;
        this.log = log;
        ProcessCalls.HeedInterrupt();
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true);
    }

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        terminate.Dispose();
        interrupt.Dispose();
        hangUp.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        string name = context.Signal == PosixSignal.SIGINT ? "SIGINT" : "SIGTERM";
        bool isFirst = Interlocked.Increment(ref requests) == 1;
        if (!isFirst && context.Signal == PosixSignal.SIGINT)
        {
            log.Signal("You insist... exiting now.");
            Environment.Exit(1);
        }
        log.Signal($"Received {name} scheduling shutdown...");
        requestShutdown(name);
    }
}
