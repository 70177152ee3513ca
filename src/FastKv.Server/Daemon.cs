// daemonize yes (control plane). A .NET process cannot fork: it has threads from its first moment. So the server starts itself a second
// time, detached, and waits until that process says that it is ready:
//
//   parent: reads the configuration (errors show on the terminal) ─► starts itself with a marker in the environment
//   child:  own session ─► starts up ─► writes a byte to its standard output (a pipe to the parent) ─► silences 0, 1, 2
//   parent: got the byte ─► exit 0; got the end of the pipe ─► the child's exit code
using System.Diagnostics;

namespace FastKv.Server;

/// <summary>Becoming a daemon.</summary>
internal static class Daemon
{
    /// <summary>The pid file of a daemon that names none.</summary>
    internal const string DefaultPidFile = "/var/run/redis.pid";

    private const string Marker = "FASTKV_DAEMON_CHILD";
    private const byte Ready = (byte)'+';

    /// <summary>Whether this process is the detached one.</summary>
    internal static bool IsChild { get; } = Environment.GetEnvironmentVariable(Marker) == "1";

    /// <summary>In the child: leaves the terminal.</summary>
    internal static void Detach() => ProcessCalls.NewSession();

    /// <summary>In the child: lets the parent go and closes the terminal's descriptors.</summary>
    internal static void ReportReady()
    {
        using (Stream output = Console.OpenStandardOutput())
        {
            output.WriteByte(Ready);
        }
        ProcessCalls.Silence(0, 1, 2);
    }

    /// <summary>In the parent: starts the child in <paramref name="directory"/> and waits for it; returns the exit code.</summary>
    internal static int Launch(string[] arguments, byte[]? standardInput, string directory)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = directory,
        };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Path.GetFullPath(Environment.GetCommandLineArgs()[0], directory));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment[Marker] = "1";

        using Process child = Process.Start(start) ?? throw new InvalidOperationException("The daemon could not be started.");
        using (Stream input = child.StandardInput.BaseStream)
        {
            if (standardInput is not null)
                input.Write(standardInput);
        }
        return WaitUntilReady(child);
    }

    private static int WaitUntilReady(Process child)
    {
        // Whatever the child logs before it is ready belongs on the terminal.
        using Stream output = Console.OpenStandardOutput();
        Stream pipe = child.StandardOutput.BaseStream;
        Span<byte> buffer = stackalloc byte[512];
        for (int count; (count = pipe.Read(buffer)) > 0;)
        {
            if (buffer[count - 1] == Ready)
                return 0;
            output.Write(buffer[..count]);
        }
        child.WaitForExit();
        return child.ExitCode;
    }
}
