// Telling the service manager that the server is up (control plane): systemd by a datagram, upstart by stopping.
using System.Net.Sockets;
using System.Text;
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;

namespace FastKv.Server;

/// <summary>The service manager that started this process, if any.</summary>
internal sealed class Supervisor
{
    private readonly Supervision kind;
    private readonly string? notifySocket = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
    private readonly ServerLog log;

    internal Supervisor(Supervision configured, ServerLog log)
    {
        this.log = log;
        kind = configured == Supervision.Auto ? Detect() : configured;
        if (kind == Supervision.Systemd && notifySocket is null)
        {
            log.Warning("systemd supervision requested or auto-detected, but Redis is compiled without libsystemd support or NOTIFY_SOCKET not found!");
            kind = Supervision.No;
        }
    }

    /// <summary>Whether somebody supervises: then the server does not daemonize.</summary>
    internal bool IsActive => kind != Supervision.No;

    /// <summary>Says that connections are accepted.</summary>
    internal void Ready()
    {
        if (kind == Supervision.Systemd)
            Notify("STATUS=Ready to accept connections\nREADY=1\n");
        else if (kind == Supervision.Upstart)
            ProcessCalls.StopSelf();
    }

    /// <summary>Says that the shutdown has begun.</summary>
    internal void Stopping()
    {
        if (kind == Supervision.Systemd)
            Notify("STOPPING=1\n");
    }

    private Supervision Detect()
    {
        if (Environment.GetEnvironmentVariable("UPSTART_JOB") is not null)
            return Supervision.Upstart;
        return notifySocket is not null ? Supervision.Systemd : Supervision.No;
    }

    private void Notify(string message)
    {
        try
        {
            // A name that begins with '@' is in the abstract namespace, written with a NUL.
            string address = notifySocket!.StartsWith('@') ? "\0" + notifySocket[1..] : notifySocket;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(address));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            log.Warning("Could not notify systemd: " + e.Message);
        }
    }
}
