// The sound of this device's microphone as 16-bit samples, a tenth of a second at a time; what is left on asking.
class Phone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Int16Array(1600);
    this.n = 0;
    this.port.onmessage = () => { this.post(); this.port.postMessage(null); };
  }

  post() {
    if (this.n) this.port.postMessage(this.block.slice(0, this.n));
    this.n = 0;
  }

  process([input]) {
    const pcm = input[0];
    for (let i = 0; pcm && i < pcm.length; i++) {
      this.block[this.n++] = Math.max(-32767, Math.min(32767, Math.round(pcm[i] * 32767)));
      if (this.n === this.block.length) this.post();
    }
    return true;
  }
}
registerProcessor('moim-phone', Phone);
