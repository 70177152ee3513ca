using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using FastKv.LoadGen.Arguments;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using FastKv.LoadGen.Servers;
using Xunit;

namespace FastKv.Tests.LoadGen;

/// <summary>What command lines mean.</summary>
public sealed class ArgumentTests
{
    [Fact]
    public void Options_are_read()
    {
        LoadOptions options = Read(
            "-c 7 -T 2 -k 20k --key-prefix a: -K 10 -V 100 --distribution zipfian --theta 1.2 -d 0.5 --rate 1.5M "
            + "--client-core 1,3 --io-engine io_uring --seed 8 --db 3");
        Assert.Equal((7, 2, 20_000L, 8, 100), (options.Connections, options.Threads, options.Keys, options.KeyDigits, options.ValueBytes));
        Assert.Equal((KeyDistribution.Zipfian, 1.2, 0.5, 1_500_000.0), (options.Distribution, options.Theta, options.DurationSeconds, options.RatePerSecond));
        Assert.Equal([1, 3], options.ClientCores);
        Assert.Equal(FastKv.Network.IoEngine.IoUring, options.IoEngine);
        Assert.Equal(8UL, options.Seed);
        Assert.Equal(["SELECT", "3"], Assert.Single(options.SetupCommands()));
    }

    [Fact]
    public void Defaults_are_those_of_the_help()
    {
        LoadOptions options = Read("");
        Assert.Equal((50, 1, 1_000_000L, 12, 16), (options.Connections, options.Threads, options.Keys, options.KeyDigits, options.ValueBytes));
        Assert.Equal((KeyDistribution.Uniform, 5.0, 1.0, 0.0), (options.Distribution, options.DurationSeconds, options.WarmUpSeconds, options.RatePerSecond));
    }

    [Theory]
    [InlineData("-c 0")]
    [InlineData("-k 0")]
    [InlineData("-k many")]
    [InlineData("--distribution gauss")]
    [InlineData("--rate -1")]
    [InlineData("-c")]
    [InlineData("--nonsense")]
    public void What_is_out_of_range_is_an_error(string line)
    {
        var command = new Command("test");
        new LoadArguments().AddTo(command);
        Assert.NotEmpty(command.Parse(line).Errors);
    }

    [Theory]
    [InlineData("-K 4")]
    [InlineData("-K 8 -k 100k")]
    [InlineData("--client-core x")]
    public void What_does_not_fit_together_is_an_error(string line) => Assert.Throws<FormatException>(() => Read(line));

    [Theory]
    [InlineData("get", "GET key:{key}")]
    [InlineData("Set", "SET key:{key} {value}")]
    [InlineData("PING", "PING")]
    [InlineData("HSET h:{key} f {value}", "HSET h:{key} f {value}")]
    public void Short_commands_get_their_keys(string command, string expected) => Assert.Equal(expected, new LoadOptions().Template(command).Text);

    [Fact]
    public void Mixes_are_read()
    {
        Assert.Equal([("SET key:{key} {value}", 1.0), ("GET key:{key}", 9.0)], Mix([], null));
        Assert.Equal([("SET key:{key} {value}", 2.0), ("GET key:{key}", 3.0)], Mix([], "2:3"));
        Assert.Equal([("PING", 1.0), ("DBSIZE", 1.0)], Mix(["PING", "DBSIZE"], null));
        Assert.Equal([("DBSIZE", 1.0)], Mix(["PING", "DBSIZE"], "0:1"));
        Assert.Throws<FormatException>(() => Mix(["PING"], "1:1"));
        Assert.Throws<FormatException>(() => Mix(["PING", "DBSIZE"], "0:0"));
        Assert.Throws<FormatException>(() => Mix(["PING", "DBSIZE"], "a:b"));
    }

    [Fact]
    public void Addresses_are_read()
    {
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 6380), ServerAddress.Parse("6380").EndPoint);
        Assert.Equal(new IPEndPoint(IPAddress.Parse("10.1.2.3"), 1), ServerAddress.Parse("10.1.2.3:1").EndPoint);
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 6379), ServerAddress.Parse("[::1]:6379").EndPoint);
        Assert.IsType<UnixDomainSocketEndPoint>(ServerAddress.Parse("/tmp/a.sock").EndPoint);
        ServerAddress withProcess = ServerAddress.Parse("unix:/tmp/a.sock,77");
        Assert.Equal((77, true, "/tmp/a.sock"), (withProcess.ProcessId, withProcess.IsLocal, withProcess.EndPoint.ToString()));
        Assert.False(ServerAddress.Parse("10.1.2.3:1").IsLocal);
        Assert.Throws<FormatException>(() => ServerAddress.Parse("localhost"));
        Assert.Throws<FormatException>(() => ServerAddress.Parse("localhost:6379,x"));
    }

    [Fact]
    public void Medians_are_middle_values()
    {
        Assert.Equal(3, Medians.Of<double>([9, 1, 3], x => x));
        Assert.Equal(2, Medians.Of<double>([9, 1, 3, 0], x => x));
        Assert.True(double.IsNaN(Medians.Of<double>([], x => x)));
    }

    private static (string, double)[] Mix(string[] commands, string? ratio)
        => [.. RunArguments.Mix(new LoadOptions(), commands, ratio).Select(c => (c.Template.Text, c.Weight))];

    private static LoadOptions Read(string line)
    {
        var command = new Command("test");
        var arguments = new LoadArguments();
        arguments.AddTo(command);
        ParseResult parsed = command.Parse(line);
        Assert.Empty(parsed.Errors);
        return arguments.Read(parsed, defaultSeconds: 5);
    }
}
