using FastKv.Engine.Configuration;

namespace FastKv.Server;

/// <summary>What --help and --version print.</summary>
internal static class HelpText
{
    internal const string Usage = """
        Usage: ./fastkv-server [/path/to/redis.conf] [options] [-]
               ./fastkv-server - (read config from stdin)
               ./fastkv-server -v or --version
               ./fastkv-server -h or --help
               ./fastkv-server --test-memory <megabytes>
               ./fastkv-server --check-system
               ./fastkv-server check-rdb|check-aof|info <file> (also: fastkv-check --help)

        Options are the parameters of redis.conf; FastKv's own are shards, io-engine (auto, io_uring,
        epoll), pin-shards, pipeline-strict-order and spin-us.

        Examples:
               ./fastkv-server (run the server with default conf)
               echo 'maxmemory 128mb' | ./fastkv-server -
               ./fastkv-server /etc/redis/6379.conf
               ./fastkv-server --port 7777 --shards 4
               ./fastkv-server --port 7777 --replicaof 127.0.0.1 8888
               ./fastkv-server /etc/myredis.conf --loglevel verbose -
               ./fastkv-server /etc/myredis.conf --loglevel verbose

        """;

    /// <summary>The line of --version: the fields of redis-server's, with FastKv's version in front.</summary>
    internal static string Version
        => $"FastKv server v={ServerVersion.FastKvVersion} redis={ServerVersion.RedisVersion} malloc=native bits={IntPtr.Size * 8} "
            + $"runtime={Environment.Version}\n";
}
