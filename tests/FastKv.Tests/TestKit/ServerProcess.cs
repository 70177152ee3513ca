using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace FastKv.Tests.TestKit;

/// <summary>
/// A server in its own process, listening on a free port and a Unix socket in a directory of its own. Started ready to serve;
/// stopped with SIGTERM, and it must then exit cleanly. Its log is kept for failure messages.
/// </summary>
public abstract partial class ServerProcess : IDisposable
{
    private const int StartAttempts = 5;
    private const int StartTimeoutMs = 60_000;
    private const int StopTimeoutMs = 120_000;
    private const int SigTerm = 15;
    private readonly StringBuilder _log = new();
    private readonly string _directory;
    private readonly string[] _command;
    private Process _process;
    private bool _stopped;

    /// <summary>Starts the server and waits until it answers under its own process id.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments: what this kind of server always gets, then the test's options (<c>--name value ...</c>).</param>
    protected ServerProcess(string file, IEnumerable<string> arguments)
    {
        string[] command = _command = [file, .. arguments];
        _directory = Directory.CreateTempSubdirectory("fastkv-test-").FullName;
        for (int attempt = 1; ; attempt++)
        {
            Port = FreePort.Next();
            _process = Launch(command);
            if (WaitUntilReady())
                break;
            bool exited = _process.HasExited;
            if (exited)
                _process.WaitForExit(); // The end of a process comes before the end of its output, which says why.
            Kill();
            // Somebody else may have bound the port since it was checked: only then is another try worth it.
            bool portTaken = exited && Log.Contains("in use", StringComparison.OrdinalIgnoreCase);
            if (!portTaken || attempt == StartAttempts)
                throw new InvalidOperationException($"{GetType().Name} did not start ({(exited ? "it exited" : "no PONG")}).\n{Log}");
        }
        AppDomain.CurrentDomain.ProcessExit += OnTestHostExit;
    }

    /// <summary>The TCP port on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>The Unix socket's path.</summary>
    public string SocketPath => Path.Combine(_directory, "s");

    /// <summary>The server's working directory; removed on dispose.</summary>
    public string WorkingDirectory => _directory;

    /// <summary>The process id.</summary>
    public int Pid => _process.Id;

    /// <summary>False once the process has ended, for whatever reason.</summary>
    public bool IsRunning => !_process.HasExited;

    /// <summary>True when the server is FastKv, false when it is redis-server.</summary>
    public abstract bool IsFastKv { get; }

    /// <summary>Standard output and error so far, at most the first 256 KB.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Resident set size in bytes.</summary>
    public long RssBytes => StatusKilobytes("VmRSS:") * 1024;

    /// <summary>Starts the server of this kind with the given options.</summary>
    public static ServerProcess Start(ServerKind kind, params string[] options) => kind switch
    {
        ServerKind.Redis => new RedisServerProcess(options),
        ServerKind.FastKv1 => StartFastKv(1, options),
        _ => StartFastKv(3, options),
    };

    /// <summary>Connects over TCP.</summary>
    public RespClient Connect(int timeoutMs = 60_000) => RespClient.Connect(new IPEndPoint(IPAddress.Loopback, Port), timeoutMs);

    /// <summary>Connects over the Unix socket.</summary>
    public RespClient ConnectUnix(int timeoutMs = 60_000) =>
        RespClient.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(SocketPath), timeoutMs);

    /// <summary>Sends SIGTERM, waits, and returns the exit code. Throws when the server does not exit in time.</summary>
    public int Stop()
    {
        if (!_process.HasExited)
            _ = SendSignal(_process.Id, SigTerm);
        return WaitForExit();
    }

    /// <summary>Waits until the server has ended by itself (SHUTDOWN) and returns the exit code.</summary>
    public int WaitForExit()
    {
        _stopped = true;
        if (!_process.WaitForExit(StopTimeoutMs))
        {
            Kill();
            throw new InvalidOperationException($"{GetType().Name} did not exit within {StopTimeoutMs} ms of SIGTERM.\n{Log}");
        }
        _process.WaitForExit(); // The overload without a timeout also waits for the end of both output streams.
        return _process.ExitCode;
    }

    /// <summary>Stops the server, when the test has not; an exit code other than 0 (a crash, a leak) fails the test.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnTestHostExit;
        try
        {
            bool ended = _process.HasExited;
            if (_stopped)
                return;
            int exitCode = Stop();
            if (ended || exitCode != 0)
                throw new InvalidOperationException($"{GetType().Name} {(ended ? "died during the test" : "stopped")} with exit code {exitCode}.\n{LogTail()}");
        }
        finally
        {
            Kill();
            _process.Dispose();
            Directory.Delete(_directory, recursive: true);
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Asserts that the server is alive and answers on a fresh connection.</summary>
    public void AssertAlive()
    {
        if (!IsRunning)
            throw new InvalidOperationException($"{GetType().Name} has died with exit code {_process.ExitCode}.\n{LogTail()}");
        using RespClient client = Connect();
        RespFrame reply = client.Call("PING");
        if (reply.Text != "PONG")
            throw new InvalidOperationException($"PING was answered by {reply}");
    }

    private static ServerProcess StartFastKv(int shards, string[] options) =>
        TestEnvironment.StandIn ? new RedisServerProcess(options) : new FastKvProcess(shards, options);

    private Process Launch(string[] command)
    {
        var start = new ProcessStartInfo(command[0])
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        string[] common = ["--port", Port.ToString(), "--bind", "127.0.0.1", "--unixsocket", SocketPath, "--save", ""];
        if (!command.Contains("--appendonly"))
            common = [.. common, "--appendonly", "no"];
        foreach (string argument in command.Skip(1).Concat(common))
            start.ArgumentList.Add(argument);
        // The server must see a machine's settings, not those of the test host that happens to run it.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("DOTNET_gc", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start {command[0]}");
        process.OutputDataReceived += (_, e) => Append(e.Data);
        process.ErrorDataReceived += (_, e) => Append(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        return process;
    }

    // Also until its data are loaded, unless the test slows that down because it wants to see it.
    private bool WaitUntilReady()
    {
        bool seesLoading = _command.Contains("--key-load-delay");
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < StartTimeoutMs && !_process.HasExited)
        {
            try
            {
                using RespClient client = Connect();
                // An error (a password is asked for) is an answer too; any other text must come from this very process.
                RespFrame info = client.Call("INFO", "server", "persistence");
                bool isLoaded = seesLoading || !info.Text.Contains("loading:1\r\n", StringComparison.Ordinal);
                if (info.IsError || (isLoaded && info.Text.Contains($"process_id:{_process.Id}\r\n", StringComparison.Ordinal)))
                    return true;
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or EndOfStreamException)
            {
                // Not listening yet: the loop's bound decides how long that is fine.
                Thread.Sleep(20);
                continue;
            }
            Thread.Sleep(20);
        }
        return false;
    }

    private void Append(string? line)
    {
        if (line is null)
            return;
        lock (_log)
        {
            if (_log.Length < 256 * 1024)
                _log.AppendLine(line);
        }
    }

    private string LogTail()
    {
        string log = Log;
        return log.Length <= 8000 ? log : "..." + log[^8000..];
    }

    private void Kill()
    {
        if (_process.HasExited)
            return;
        _process.Kill();
        _process.WaitForExit();
    }

    private void OnTestHostExit(object? sender, EventArgs e) => Kill();

    private long StatusKilobytes(string field)
    {
        string line = File.ReadLines($"/proc/{Pid}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim());
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
