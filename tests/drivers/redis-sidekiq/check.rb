# Sidekiq: jobs for a process of its own, which waits in BRPOP, as applications have them; and redis-rb underneath.
$stdout.sync = true

require 'rbconfig'
require 'redis'
require 'sidekiq'
require 'sidekiq/api'
require 'timeout'
require_relative 'jobs'

Redis.silence_deprecations = true # of what this Sidekiq asks of this redis-rb

PATIENCE = 60 # seconds for one check; what hangs longer has failed, and no later check could be trusted
URL = ENV.fetch('REDIS_URL')
CHECKS = {}
$numbers = 0

def check(name, &body) = CHECKS[name] = body

def fresh(name) = "#{name}:#{$numbers += 1}"

def equal(got, expected, what = 'value')
  raise "#{what} is #{got.inspect}, not #{expected.inspect}" unless got == expected
end

def fails(words)
  yield
rescue Redis::CommandError => error
  raise "#{error.message}: #{words} was due" unless error.message.start_with?(words)
else
  raise "no error, #{words} was due"
end

def eventually
  sleep 0.01 until yield
end

def connect(**options) = Redis.new(url: URL, **options)

# What the workers left under that key, once there are so many.
def done(key, count)
  c = connect
  eventually { c.llen(key) >= count }
  c.lrange(key, 0, -1)
end

def with_sidekiq
  bin = Gem.bin_path('sidekiq', 'sidekiq')
  command = [RbConfig.ruby, bin, '-r', File.join(__dir__, 'jobs.rb'), '-c', '4', '-t', '5']
  worker = spawn(*command, in: File::NULL, out: File::NULL, err: File::NULL)
  eventually { Sidekiq::ProcessSet.new.any? { |process| process['pid'] == worker } }
  yield worker
ensure
  Process.kill('TERM', worker)
  Process.wait(worker)
end

check('jobs') do
  with_sidekiq do
    key = fresh('jobs')
    100.times { |n| Add.perform_async(key, n, 1) }
    equal(done(key, 100).map(&:to_i).sort, (1..100).to_a)
  end
end

check('jobs_in_bulk') do
  with_sidekiq do
    key = fresh('jobs')
    Sidekiq::Client.push_bulk('class' => Add, 'args' => (0...500).map { |n| [key, n, 0] })
    equal(done(key, 500).map(&:to_i).sort, (0...500).to_a)
  end
end

check('jobs_that_wait') do
  key = fresh('jobs')
  Add.perform_in(3600, key, 1, 1)
  equal(Sidekiq::ScheduledSet.new.map(&:args), [[key, 1, 1]])
  Sidekiq::ScheduledSet.new.each(&:add_to_queue)
  with_sidekiq { equal(done(key, 1), ['2']) }
end

check('jobs_that_fail') do
  with_sidekiq do
    key = fresh('jobs')
    FailAtFirst.perform_async(key)
    eventually { Sidekiq::RetrySet.new.size == 1 }
    equal(Sidekiq::RetrySet.new.first['error_message'], 'not yet')
    Sidekiq::RetrySet.new.retry_all
    equal(done(key, 1), ['2'])
  end
end

check('statistics') do
  stats = Sidekiq::Stats.new
  equal(stats.processed >= 600, true, 'processed')
  equal(stats.enqueued, 0)
end

check('pipeline') do
  c = connect
  key = fresh('pipeline')
  replies = c.pipelined { |batch| 300.times { |n| batch.set("#{key}:#{n}", n) } }
  equal(replies, ['OK'] * 300)
  equal(c.mget((0...300).map { |n| "#{key}:#{n}" }), (0...300).map(&:to_s))
end

check('watch') do
  c, other = connect, connect
  [true, false].each do |meddled|
    key = fresh('watched')
    replies = c.watch(key) do
      other.set(key, 'theirs') if meddled
      c.multi { |batch| batch.set(key, 'ours') }
    end
    equal(replies, meddled ? nil : ['OK'])
  end
end

check('publish_subscribe') do
  channel = fresh('news')
  heard = []
  listener = Thread.new do
    connect.subscribe(channel) do |on|
      on.message { |_, text| text == 'over' ? Thread.exit : heard << text }
    end
  end
  c = connect
  eventually { c.publish(channel, 'hello') == 1 }
  c.publish(channel, 'over')
  listener.join
  equal(heard, ['hello'])
end

check('scripts') do
  c = connect
  c.script(:flush)
  sha = c.script(:load, 'return ARGV[1]')
  equal(c.evalsha(sha, argv: ['x']), 'x')
  fails('NOSCRIPT') { c.evalsha('f' * 40) }
end

check('large_and_binary_values') do
  c = connect
  ["\0\r\n", Random.bytes(1_000_000)].each do |value|
    c.set("key\0\r\n", value)
    equal(c.get("key\0\r\n").b == value.b, true, 'as it was')
  end
end

check('reconnect') do
  c = connect(db: 1)
  key = fresh('kept')
  c.set(key, 'v')
  before = c.call(:client, :id)
  equal(c.call(:client, :kill, :id, before, :skipme, :no), 1)
  equal(c.get(key), 'v')
  equal(c.call(:client, :id) == before, false, 'the same connection')
end

def holds(name, body)
  Timeout.timeout(PATIENCE, &body)
  puts "ok #{name}"
  true
rescue StandardError, Timeout::Error => error
  puts "not ok #{name}: #{error.message.gsub(/\s+/, ' ')}"
  warn error.backtrace.join("\n")
  false
end

puts "# Sidekiq #{Sidekiq::VERSION}, redis-rb #{Redis::VERSION}, Ruby #{RUBY_VERSION}"
only = ENV['CHECKS']&.split(',')
wanted = CHECKS.select { |name, _| only.nil? || only.include?(name) }
exit(!wanted.empty? && wanted.map { |name, body| holds(name, body) }.all?)
