// fastkv-server (control plane): command line and files become a configuration, the configuration a running server.
using System.Text;
using FastKv.Engine;
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;
using FastKv.Engine.Persistence;
using FastKv.Network;
using FastKv.Server.Check;

namespace FastKv.Server;

/// <summary>The process.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (CheckProgram.Run(CheckProgram.NameOfProcess(), arguments) is { } checkExitCode)
            return checkExitCode;
        if (arguments.Length > 0 && RunTool(arguments) is { } toolExitCode)
            return toolExitCode;

        var log = new ServerLog();
        try
        {
            return Run(arguments, log);
        }
        catch (ConfigFileException e) when (e.IsLogLine)
        {
            log.Warning(e.Message);
            return 1;
        }
        catch (ConfigFileException e)
        {
            using Stream error = Console.OpenStandardError();
            error.Write(Encoding.Latin1.GetBytes(e.Message));
            return 1;
        }
    }

    /// <summary>Options that do something else than to serve; null when there is none.</summary>
    private static int? RunTool(string[] arguments)
    {
        switch (arguments[0])
        {
            case "-v" or "--version":
                Console.Out.Write(HelpText.Version);
                return 0;
            case "-h" or "--help":
                Console.Error.Write(HelpText.Usage);
                return 1;
            case "--test-memory":
                if (arguments.Length == 2 && long.TryParse(arguments[1], out long megabytes) && megabytes > 0)
                    return MemoryTest.Run(megabytes, Console.Out) ? 0 : 1;
                Console.Error.Write("Please specify the amount of memory to test in megabytes.\nExample: ./fastkv-server --test-memory 4096\n\n");
                return 1;
            case "--check-system":
                return SystemCheck.Run(Console.Out) ? 0 : 1;
            default:
                return null;
        }
    }

    private static int Run(string[] arguments, ServerLog log)
    {
        string directory = Environment.CurrentDirectory;
        CommandLine commandLine = CommandLine.Parse(arguments);
        byte[]? standardInput = commandLine.ReadStandardInput ? ReadStandardInput() : null;
        var config = new ServerConfig(log, FastKvServer.HasCommand);
        config.Load(commandLine.ConfigFile, standardInput, commandLine.Lines);
        ServerOptions options = config.Options;

        var supervisor = new Supervisor(options.Supervised, log);
        bool daemonize = options.Daemonize && !supervisor.IsActive;
        if (daemonize && !Daemon.IsChild)
            return Daemon.Launch(arguments, standardInput, directory);
        if (daemonize)
            Daemon.Detach();
        log.Silent = daemonize;

        CrashReport.Install(config, log);
        LogStart(config, commandLine, log);
        if (!OpenFilesLimit.Adjust(options, log))
            return 1;
        using PidFile? pidFile = MakePidFile(options, daemonize, log);
        pidFile?.Write();
        return Serve(config, supervisor, daemonize, log);
    }

    private static byte[] ReadStandardInput()
    {
        using Stream input = Console.OpenStandardInput();
        using var content = new MemoryStream();
        input.CopyTo(content);
        return content.ToArray();
    }

    private static void LogStart(ServerConfig config, CommandLine commandLine, ServerLog log)
    {
        log.Notice("oO0OoO0OoO0Oo FastKv is starting oO0OoO0OoO0Oo");
        log.Notice($"FastKv version={ServerVersion.FastKvVersion}, redis={ServerVersion.RedisVersion}, bits={IntPtr.Size * 8}, "
            + $"runtime={Environment.Version}, pid={Environment.ProcessId}, just started");
        if (commandLine.HasConfiguration)
            log.Notice("Configuration loaded");
        else
            log.Warning("Warning: no config file specified, using the default config. In order to specify a config file use "
                + "fastkv-server /path/to/redis.conf");
        IReadOnlyList<string> idle = config.WithoutEffect();
        if (idle.Count > 0)
            log.Warning("These parameters are accepted, without effect yet: " + string.Join(", ", idle));
        foreach (string warning in SystemCheck.Warnings(config.Options))
            log.Warning(warning);
    }

    private static PidFile? MakePidFile(ServerOptions options, bool daemonize, ServerLog log)
    {
        string? path = options.PidFile ?? (daemonize ? Daemon.DefaultPidFile : null);
        return path is null ? null : new PidFile(ConfigText.ToPath(path), log);
    }

    private static int Serve(ServerConfig config, Supervisor supervisor, bool daemonize, ServerLog log)
    {
        using var server = new FastKvServer(config, log);
        log.Role = 'M';
        using var signals = new ShutdownSignals(server.RequestShutdown, log);
        bool isLoaded;
        try
        {
            isLoaded = server.LoadAndStart(daemonize ? Daemon.ReportReady : null);
        }
        catch (DatasetException e)
        {
            log.Warning(e.Message);
            return 1;
        }
        catch (NetworkException e)
        {
            log.Warning(e.Message);
            log.Warning($"Failed listening on port {config.Options.Port} (tcp), aborting.");
            return 1;
        }
        if (isLoaded)
            ReportReady(config.Options, supervisor, log);
        int exitCode = server.WaitForShutdown();
        supervisor.Stopping();
        log.Notice("FastKv is now ready to exit, bye bye...");
        return exitCode;
    }

    private static void ReportReady(ServerOptions options, Supervisor supervisor, ServerLog log)
    {
        if (options.Port != 0)
            log.Notice("Ready to accept connections tcp");
        if (options.UnixSocket is not null)
            log.Notice("Ready to accept connections unix");
        supervisor.Ready();
    }
}
