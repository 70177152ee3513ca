using System.Runtime.InteropServices;
using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO server: what runs, where, since when, with Redis's fields and some of ours. Control plane.</summary>
internal static class ServerSection
{
    private static readonly string s_system = SystemName();
    private static readonly string s_buildId = typeof(FastKvServer).Module.ModuleVersionId.ToString("N")[..16];
    private static readonly string s_runtime = Environment.Version.ToString();
    private static readonly string s_executable = Environment.ProcessPath ?? "";

    public static void Write(InfoText text, FastKvServer server)
    {
        var options = server.Options;
        long nowMs = server.Clock.UnixMicroseconds / 1000;
        long uptimeSeconds = (nowMs - server.StartedMs) / 1000;
        text.Section("Server"u8);
        text.Line("redis_version"u8, ServerVersion.RedisVersion);
        text.Line("server_name"u8, "fastkv"u8);
        text.Line("fastkv_version"u8, ServerVersion.FastKvVersion);
        text.Line("redis_git_sha1"u8, "00000000"u8);
        text.Line("redis_git_dirty"u8, 0);
        text.Line("redis_build_id"u8, s_buildId);
        text.Line("redis_mode"u8, "standalone"u8);
        text.Line("os"u8, s_system);
        text.Line("arch_bits"u8, IntPtr.Size * 8);
        text.Line("monotonic_clock"u8, "POSIX clock_gettime"u8);
        text.Line("multiplexing_api"u8, server.Loops[0].EngineName);
        text.Line("atomicvar_api"u8, "dotnet-interlocked"u8);

        // What Redis shows when another compiler has built it.
        text.Line("gcc_version"u8, "0.0.0"u8);
        text.Line("dotnet_version"u8, s_runtime);
        text.Line("process_id"u8, Environment.ProcessId);
        text.Line("process_supervised"u8, options.Supervised switch { Supervision.Upstart => "upstart"u8, Supervision.Systemd => "systemd"u8, _ => "no"u8 });
        text.Line("run_id"u8, server.RunId);
        text.Line("tcp_port"u8, options.Port);
        text.Line("server_time_usec"u8, server.Clock.UnixMicroseconds);
        text.Line("uptime_in_seconds"u8, uptimeSeconds);
        text.Line("uptime_in_days"u8, uptimeSeconds / (24 * 60 * 60));
        text.Line("hz"u8, options.Hz);
        text.Line("configured_hz"u8, options.Hz);
        text.Line("lru_clock"u8, AccessClock.At(nowMs));
        text.Line("executable"u8, s_executable);
        text.Line("config_file"u8, server.Config.ConfigFile ?? "");
        text.Line("io_threads_active"u8, 0);
        WriteListeners(text, options);
    }

    private static void WriteListeners(InfoText text, ServerOptions options)
    {
        int listeners = 0;
        if (options.Port != 0)
        {
            text.Add("listener"u8).Add(listeners++).Add(":name=tcp"u8);
            foreach (string address in options.Bind)
                text.Add(",bind="u8).Add(address);
            text.Add(",port="u8).Add(options.Port).EndLine();
        }
        if (options.UnixSocket is { Length: > 0 } path)
            text.Add("listener"u8).Add(listeners).Add(":name=unix,bind="u8).Add(path).EndLine();
    }

    /// <summary>As <c>uname -srm</c> prints it.</summary>
    private static string SystemName()
    {
        const string releaseFile = "/proc/sys/kernel/osrelease";
        string release = File.Exists(releaseFile) ? File.ReadAllText(releaseFile).Trim() : Environment.OSVersion.Version.ToString();
        string machine = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x86_64",
            Architecture.Arm64 => "aarch64",
            var other => other.ToString().ToLowerInvariant(),
        };
        return $"Linux {release} {machine}";
    }
}
