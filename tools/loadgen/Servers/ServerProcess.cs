// A server that this program starts, and stops again. Control plane.
using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using FastKv.LoadGen.Load;

namespace FastKv.LoadGen.Servers;

/// <summary>A child process with a port of its own.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private const int ReadyMs = 20_000;
    private const int LookMs = 20;
    private const int StopMs = 5_000;
    private const int OutputLinesMax = 20;
    private const int SignalTerminate = 15;

    private readonly Process _process;
    private readonly Queue<string> _output = new();
    private readonly PosixSignalRegistration[] _signals;

    private ServerProcess(Process process, ServerAddress address)
    {
        _process = process;
        Address = address;

        // A signal unwinds no stack: without this the server would outlive its program.
        PosixSignal[] ending = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP];
        _signals = [.. ending.Select(s => PosixSignalRegistration.Create(s, _ => Stop()))];
    }

    /// <summary>Where it listens, with its process id.</summary>
    public ServerAddress Address { get; private set; }

    /// <summary>Starts a server and waits until it answers PING.</summary>
    /// <param name="commandLine">Program and arguments; <c>{port}</c> is replaced by a free port.</param>
    /// <param name="core">Core to pin it to from its first instruction on; -1 for none.</param>
    /// <param name="patienceMs">How long it may take, data to load included.</param>
    /// <param name="lookMs">Between two attempts.</param>
    /// <exception cref="LoadException">It does not start, or ends, or does not answer in time.</exception>
    public static ServerProcess Start(string commandLine, int core, int patienceMs = ReadyMs, int lookMs = LookMs)
    {
        int port = ServerAddress.FindFreePort();
        List<string> words = WordSplitter.Split(commandLine);
        if (words.Count == 0 || !commandLine.Contains("{port}", StringComparison.Ordinal))
            throw new LoadException($"A command that starts a server names its {{port}}: {commandLine}");
        var start = new ProcessStartInfo(words[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string word in words.Skip(1))
            start.ArgumentList.Add(word.Replace("{port}", port.ToString(), StringComparison.Ordinal));
        var process = new Process { StartInfo = start };
        var server = new ServerProcess(process, ServerAddress.Loopback(port));
        process.OutputDataReceived += server.KeepOutput;
        process.ErrorDataReceived += server.KeepOutput;
        StartPinned(process, core);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        server.Address = server.Address with { ProcessId = process.Id };
        try
        {
            server.AwaitReady(patienceMs, lookMs);
        }
        catch
        {
            server.Dispose();
            throw;
        }
        return server;
    }

    /// <summary>Ends the server: SIGTERM, and SIGKILL after 5 s.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        Stop();
        _process.Dispose();
    }

    private void Stop()
    {
        bool wasStarted = Address.ProcessId != 0;
        if (wasStarted && !_process.HasExited)
        {
            _ = kill(_process.Id, SignalTerminate);
            if (!_process.WaitForExit(StopMs))
                _process.Kill();
        }
    }

    /// <summary>The child inherits the cores of the thread that starts it; so no thread of it ever runs elsewhere.</summary>
    private static void StartPinned(Process process, int core)
    {
        int[] before = CpuAffinity.OfCurrentThread();
        if (core >= 0)
            CpuAffinity.PinCurrentThread([core]);
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            throw new LoadException($"{process.StartInfo.FileName}: {error.Message}");
        }
        finally
        {
            if (core >= 0)
                CpuAffinity.PinCurrentThread(before);
        }
    }

    private void AwaitReady(int patienceMs, int lookMs)
    {
        long deadline = Environment.TickCount64 + patienceMs;
        while (Environment.TickCount64 < deadline)
        {
            if (_process.HasExited)
            {
                // Its last lines are still being read; this waits for them.
                _process.WaitForExit();
                throw new LoadException($"{_process.StartInfo.FileName} ended with code {_process.ExitCode}:\n{OutputText()}");
            }
            if (AnswersPing())
                return;
            Thread.Sleep(lookMs);
        }
        throw new LoadException($"{_process.StartInfo.FileName} did not answer on port {Address.Text} within {patienceMs / 1000} s:\n{OutputText()}");
    }

    /// <summary>Any answer but "loading" will do: a server with a password refuses PING, and is up.</summary>
    private bool AnswersPing()
    {
        try
        {
            using var client = new ControlClient(Address.EndPoint);
            return !client.Call("PING").StartsWith("-LOADING", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is SocketException or LoadException)
        {
            return false;
        }
    }

    private void KeepOutput(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        lock (_output)
        {
            _output.Enqueue(line.Data);
            if (_output.Count > OutputLinesMax)
                _output.Dequeue();
        }
    }

    private string OutputText()
    {
        lock (_output)
            return string.Join('\n', _output);
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
