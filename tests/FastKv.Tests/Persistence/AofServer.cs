using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A server (FastKv or redis-server) on a directory that outlives it: it can be killed, and started again on what it left behind. Its debug heap is off, since
/// a process that is killed cannot report.
/// </summary>
internal sealed class AofServer : IDisposable
{
    private readonly string _directory;
    private readonly string[] _options;
    private readonly bool _isFastKv;
    private Process? _process;

    public AofServer(string directory, bool isFastKv, params string[] options)
    {
        (_directory, _isFastKv, _options) = (directory, isFastKv, options);
        Start();
    }

    public int Port { get; private set; }

    public string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    private string LogPath => Path.Combine(_directory, "log");

    public RespClient Connect() => RespClient.Connect(new IPEndPoint(IPAddress.Loopback, Port));

    /// <summary>Ends the process at once (SIGKILL), and starts another on the same files.</summary>
    public void KillAndRestart()
    {
        Kill();
        Start();
    }

    /// <summary>Ends the process in order, its data being safe.</summary>
    public void Shutdown()
    {
        using (var client = Connect())
        {
            client.Send("SHUTDOWN", "NOSAVE");
            client.ReadToEnd();
        }
        if (!_process!.WaitForExit(120_000))
            throw new InvalidOperationException("the server does not end\n" + Log);
        _process.Dispose();
        _process = null;
    }

    public void Kill()
    {
        if (_process is null)
            return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose() => Kill();

    private void Start()
    {
        Port = FreePort.Next();
        var start = new ProcessStartInfo(_isFastKv ? TestEnvironment.DotNetHost : "redis-server");
        if (_isFastKv)
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "fastkv-server.dll"));
        foreach (string argument in (string[])["--port", Port.ToString(), "--dir", _directory, "--save", "", "--appendonly", "yes", "--logfile", LogPath, .. _options])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        var watch = Stopwatch.StartNew();
        while (!IsReady())
        {
            if (_process.HasExited || watch.ElapsedMilliseconds > 60_000)
                throw new InvalidOperationException("the server did not start\n" + Log);
            Thread.Sleep(20);
        }
    }

    private bool IsReady()
    {
        try
        {
            using var client = Connect();
            return client.Call("PING").Text == "PONG";
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return false;
        }
    }
}
